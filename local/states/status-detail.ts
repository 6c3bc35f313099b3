import type { Execution } from './model.ts';

/** SFN-DG eventbridge-integration: data beyond this is left out of the event. */
const mostBytes = 248 * 1024;

/** The detail of a `Step Functions Execution Status Change` event; dates in epoch milliseconds. SFN-DG eventbridge-integration. */
export function statusDetail(execution: Execution): Record<string, unknown> {
  const { input, output } = execution;
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? '') <= mostBytes;
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: execution.startMs,
    stopDate: execution.stopMs ?? null,
    input: included ? input : null,
    inputDetails: { included },
    output: included ? (output ?? null) : null,
    outputDetails: output === undefined ? null : { included },
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: execution.redriveCount,
    redriveDate: execution.redriveMs ?? null,
    redriveStatus: execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    redriveStatusReason: execution.status === 'RUNNING' || execution.status === 'SUCCEEDED' ? `Execution is ${execution.status} and cannot be redriven` : null,
    error: execution.error ?? null,
    cause: execution.cause ?? null,
  };
}
