import { AwsError } from '../wire/errors.ts';
import type { Caller } from '../service.ts';

const partitionOf = (region: string): string => (region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws');

const prefix = ({ region, accountId }: Caller): string => `arn:${partitionOf(region)}:states:${region}:${accountId}`;

export const machineArn = (caller: Caller, name: string): string => `${prefix(caller)}:stateMachine:${name}`;

export const executionArn = (machine: string, name: string): string => `${machine.replace(':stateMachine:', ':execution:')}:${name}`;

/** Whether an ARN is of the caller's own account and Region. */
export const isOwn = (caller: Caller, arn: string): boolean => arn.startsWith(`${prefix(caller)}:`);

/** What a name must not contain: SFN:StartExecutionInput name. */
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/u;

/** Refuses a name of a machine or an execution as AWS does. */
export function checkName(name: string): void {
  if (forbidden.test(name) || name.length > 80 || name.length === 0) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

/** Refuses what is no ARN of Step Functions at all. */
export function checkArn(arn: string): void {
  if (!arn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(stateMachine|execution):\S+$/.test(arn)) throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
}
