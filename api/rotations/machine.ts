import { DescribeStateMachineForExecutionCommand, ExecutionDoesNotExist, paginateGetExecutionHistory } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** Of a definition, what a picture shows. */
const Definition = z.looseObject({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Next: z.string().optional(),
      Default: z.string().optional(),
      Resource: z.string().optional(),
      Choices: z.array(z.looseObject({ Next: z.string() })).optional(),
      Catch: z.array(z.looseObject({ ErrorEquals: z.array(z.string()), Next: z.string() })).optional(),
    }),
  ),
});
export type Definition = z.infer<typeof Definition>;

/** The machine of an execution, and where it is and has been. */
export interface Machine {
  readonly definition: Definition;
  readonly visited: ReadonlySet<string>;
  /** The state it is in, or was in when it ended. */
  readonly current?: string;
}

/** The very definition that an execution runs, with its way through it. Undefined before the start, and once Step Functions has forgotten it. */
export async function machineOf({ clients }: ApiDeps, { executionArn }: RotationHead): Promise<Machine | undefined> {
  if (executionArn === undefined) return undefined;
  try {
    const { definition = '{}' } = await clients.states.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    const visited = new Set<string>();
    let current: string | undefined;
    for await (const { events = [] } of paginateGetExecutionHistory({ client: clients.states, pageSize: 1000 }, { executionArn, includeExecutionData: false }))
      for (const { stateEnteredEventDetails: entered } of events)
        if (entered?.name !== undefined) {
          current = entered.name;
          visited.add(entered.name);
        }
    return { definition: Definition.parse(JSON.parse(definition)), visited, ...(current === undefined ? {} : { current }) };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}
