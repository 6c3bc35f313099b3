/** Definitions that are taken, and those that are refused with their place. Sources: SFN-DG "Using Amazon States Language", concepts-error-handling, workflow-variables; what the embedded Step Functions lacks it must refuse at creation (design.md). */
import { describe, expect, it } from 'vitest';
import { byokRotation } from '../../workflows/byok-rotation.ts';
import { aliasRollback } from '../../workflows/alias-rollback.ts';
import { lambda, openWorld, roleArn, single } from '../local/states/world.ts';

const task = (more: Record<string, unknown>) => single({ Type: 'Task', Resource: lambda, Arguments: { FunctionName: 'f' }, ...more });
const inner = (state: Record<string, unknown>) => ({ StartAt: 'I', States: { I: { End: true, ...state } } });
const distributed = (ExecutionType: string, state: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  single({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType }, ...inner(state) }, ...more });
const to = { partition: 'aws', functionOf: (name: string) => name };

const accepted: Readonly<Record<string, unknown>> = {
  'a Pass': single({ Type: 'Pass', Comment: 'c', QueryLanguage: 'JSONata' }),
  'Version and TimeoutSeconds': { ...single({ Type: 'Pass' }), Version: '1.0', TimeoutSeconds: 5, Comment: 'c' },
  'another partition': single({ Type: 'Task', Resource: 'arn:aws-us-gov:states:::aws-sdk:kms:encrypt.waitForTaskToken' }),
  'nested branches': single({ Type: 'Parallel', Branches: [inner({ Type: 'Map', Items: [1], ItemProcessor: inner({ Type: 'Pass' }) })] }),
  'a distributed Map': distributed('EXPRESS', { Type: 'Pass' }, { Label: 'all-of-them', ToleratedFailurePercentage: 2.5, ToleratedFailureCount: '{% 1 %}', ItemBatcher: { MaxItemsPerBatch: 2 } }),
  'our own rotation': byokRotation(to),
  'our own rollback': aliasRollback(to),
};

const refused: Readonly<Record<string, readonly [definition: unknown, place: string]>> = {
  'no JSON object': ['[]', '/'],
  'no JSON': ['{', 'INVALID_JSON_DESCRIPTION'],
  'no States (test_sfn_api test_create_delete_invalid_sm)': [{ StartAt: 'A' }, 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'],
  'JSONPath by omission': [JSON.stringify({ StartAt: 'S', States: { S: { Type: 'Pass', End: true } } }), '/QueryLanguage'],
  'JSONPath in a state': [single({ Type: 'Pass', QueryLanguage: 'JSONPath' }), '/States/S/QueryLanguage'],
  'a JSONPath field': [single({ Type: 'Pass', ResultPath: '$.a' }), 'Field ResultPath belongs to JSONPath; the embedded Step Functions runs JSONata only at /States/S/ResultPath'],
  'a JSONPath key': [task({ Arguments: { FunctionName: 'f', 'Payload.$': '$' } }), '/States/S/Arguments/Payload.$'],
  'an unknown field': [single({ Type: 'Pass', Wrong: 1 }), '/States/S/Wrong'],
  'an unknown type': [single({ Type: 'Loop' }), '/States/S/Type'],
  'StartAt nowhere': [{ StartAt: 'X', States: { S: { Type: 'Pass', End: true } } }, '/StartAt'],
  'Next nowhere': [single({ Type: 'Pass', Next: 'X' }), '/States/S/Next'],
  'Next out of a branch': [{ StartAt: 'P', States: { P: { Type: 'Parallel', Next: 'Q', Branches: [{ StartAt: 'A', States: { A: { Type: 'Pass', Next: 'Q' } } }] }, Q: { Type: 'Succeed' } } }, '/States/P/Branches[0]/States/A/Next'],
  'Default nowhere': [single({ Type: 'Choice', Choices: [{ Condition: true, Next: 'S' }], Default: 'X' }), '/States/S/Default'],
  'a rule to nowhere': [single({ Type: 'Choice', Choices: [{ Condition: true, Next: 'X' }] }), '/States/S/Choices[0]/Next'],
  'no state': [{ StartAt: 'S', States: {} }, '/States'],
  'a state that is null': [{ StartAt: 'S', States: { S: null } }, '/States/S'],
  'a name of 81 characters': [{ StartAt: 'n'.repeat(81), States: { ['n'.repeat(81)]: { Type: 'Succeed' } } }, '/States/nnn'],
  'no Resource': [single({ Type: 'Task' }), '/States/S/Resource'],
  'neither Next nor End': [{ StartAt: 'S', States: { S: { Type: 'Pass' } } }, '/States/S'],
  'both Next and End': [{ StartAt: 'S', States: { S: { Type: 'Pass', Next: 'S', End: true } } }, '/States/S'],
  'a state that nothing leads to': [{ StartAt: 'S', States: { S: { Type: 'Pass', End: true }, T: { Type: 'Pass', End: true } } }, '/States/T'],
  'an activity': [task({ Resource: 'arn:aws:states:eu-central-1:111122223333:activity:a' }), '/States/S/Resource'],
  'a function ARN': [task({ Resource: 'arn:aws:lambda:eu-central-1:111122223333:function:f' }), '/States/S/Resource'],
  'a .sync integration': [task({ Resource: 'arn:aws:states:::states:startExecution.sync:2' }), '/States/S/Resource'],
  'another service': [task({ Resource: 'arn:aws:states:::aws-sdk:ec2:runInstances' }), '/States/S/Resource'],
  'an argument of lambda:invoke that is not run': [task({ Arguments: { FunctionName: 'f', InvocationType: 'Event' } }), '/States/S/Arguments/InvocationType'],
  'no FunctionName': [task({ Arguments: { Payload: 1 } }), '/States/S/Arguments'],
  'Credentials': [task({ Credentials: { RoleArn: 'r' } }), '/States/S/Credentials'],
  'a distributed Map of no type': [single({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...inner({ Type: 'Pass' }) } }), '/States/S/ItemProcessor/ProcessorConfig/ExecutionType'],
  'a Mode that there is not': [single({ Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'WIDE' }, ...inner({ Type: 'Pass' }) } }), '/States/S/ItemProcessor/ProcessorConfig/Mode'],
  'an item reader': [distributed('STANDARD', { Type: 'Pass' }, { ItemReader: {} }), '/States/S/ItemReader'],
  'a result writer': [distributed('STANDARD', { Type: 'Pass' }, { ResultWriter: {} }), '/States/S/ResultWriter'],
  'tolerance of an inline Map': [single({ Type: 'Map', ToleratedFailureCount: 1, ItemProcessor: inner({ Type: 'Pass' }) }), '/States/S/ToleratedFailureCount'],
  'a percentage above 100': [distributed('STANDARD', { Type: 'Pass' }, { ToleratedFailurePercentage: 101 }), '/States/S/ToleratedFailurePercentage'],
  'a batcher without bounds': [distributed('STANDARD', { Type: 'Pass' }, { ItemBatcher: {} }), '/States/S/ItemBatcher'],
  'a label with a space': [distributed('STANDARD', { Type: 'Pass' }, { Label: 'a b' }), '/States/S/Label'],
  'a callback in an express child': [distributed('EXPRESS', { Type: 'Task', Resource: `${lambda}.waitForTaskToken`, Arguments: { FunctionName: 'f' } }), '/States/S/ItemProcessor/States/I/Resource'],
  'a distributed Map in an express child': [distributed('EXPRESS', (distributed('STANDARD', { Type: 'Pass' })['States'] as { S: Record<string, unknown> }).S), '/States/S/ItemProcessor/States/I/ItemProcessor/ProcessorConfig/Mode'],
  'a callback of dynamodb:putItem': [task({ Resource: 'arn:aws:states:::dynamodb:putItem.waitForTaskToken' }), '/States/S/Resource'],
  'an expression with something before it': [single({ Type: 'Pass', Output: { a: ' {% 1 %}' } }), '/States/S/Output/a'],
  'an expression with something after it': [single({ Type: 'Pass', Output: '{% 1 %} ' }), '/States/S/Output'],
  'an expression that does not parse': [single({ Type: 'Pass', Output: '{% 1 + %}' }), '/States/S/Output'],
  'a condition that is a number': [single({ Type: 'Choice', Choices: [{ Condition: 1, Next: 'S' }] }), '/States/S/Choices[0]/Condition'],
  'no choices': [single({ Type: 'Choice', Choices: [] }), '/States/S/Choices'],
  'States.ALL in company': [task({ Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }), '/States/S/Retry[0]/ErrorEquals'],
  'States.ALL before others': [task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['A'] }] }), '/States/S/Retry[0]/ErrorEquals'],
  'an error that Step Functions does not have': [task({ Retry: [{ ErrorEquals: ['States.Wrong'] }] }), '/States/S/Retry[0]/ErrorEquals'],
  'a back-off below 1': [task({ Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] }), '/States/S/Retry[0]/BackoffRate'],
  'half an attempt': [task({ Retry: [{ ErrorEquals: ['A'], MaxAttempts: 0.5 }] }), '/States/S/Retry[0]/MaxAttempts'],
  'a delay of more than a year': [task({ Retry: [{ ErrorEquals: ['A'], MaxDelaySeconds: 31_622_401 }] }), '/States/S/Retry[0]/MaxDelaySeconds'],
  'a jitter by another name': [task({ Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'HALF' }] }), '/States/S/Retry[0]/JitterStrategy'],
  'a catcher to nowhere': [task({ Catch: [{ ErrorEquals: ['A'], Next: 'X' }] }), '/States/S/Catch[0]/Next'],
  'a heartbeat longer than the timeout': [task({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }), '/States/S/HeartbeatSeconds'],
  'a timeout of 0': [task({ TimeoutSeconds: 0 }), '/States/S/TimeoutSeconds'],
  'Retry where nothing is retried': [single({ Type: 'Pass', Retry: [] }), '/States/S/Retry'],
  'both Seconds and Timestamp': [single({ Type: 'Wait', Seconds: 1, Timestamp: '2030-01-01T00:00:00Z' }), '/States/S'],
  'neither Seconds nor Timestamp': [single({ Type: 'Wait' }), '/States/S'],
  'the variable states': [single({ Type: 'Pass', Assign: { states: 1 } }), '/States/S/Assign/states'],
  'a variable that begins with a digit': [single({ Type: 'Pass', Assign: { '1a': 1 } }), '/States/S/Assign/1a'],
  'an inner scope that assigns an outer variable': [{ StartAt: 'A', States: { A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' }, B: { Type: 'Parallel', Branches: [inner({ Type: 'Pass', Assign: { x: 2 } })], End: true } } }, '/States/B/Branches[0]/States/I/Assign/x'],
  'a fault deep inside': [single({ Type: 'Parallel', Branches: [inner({ Type: 'Map', Items: [1], ItemProcessor: inner({ Type: 'Pass', Output: '{% ( %}' }) })] }), '/States/S/Branches[0]/States/I/ItemProcessor/States/I/Output'],
  'a timeout of the machine that is an expression': [{ ...single({ Type: 'Pass' }), TimeoutSeconds: '{% 5 %}' }, '/TimeoutSeconds'],
};

const textOf = (definition: unknown): string => (typeof definition === 'string' ? definition : JSON.stringify({ QueryLanguage: 'JSONata', ...(definition as object) }));

describe('CreateStateMachine', () => {
  for (const [name, definition] of Object.entries(accepted))
    it(`takes ${name}`, async () => {
      const world = await openWorld();
      expect(await world.send('CreateStateMachine', { name: 'm', definition: textOf(definition), roleArn })).toHaveProperty('stateMachineArn');
    });

  for (const [name, [definition, place]] of Object.entries(refused))
    it(`refuses ${name}`, async () => {
      const world = await openWorld();
      const answer = world.send('CreateStateMachine', { name: 'm', definition: textOf(definition), roleArn });
      await expect(answer).rejects.toMatchObject({ code: 'InvalidDefinition' });
      await expect(answer).rejects.toThrow(place);
      expect(await world.send('ListStateMachines', {})).toEqual({ stateMachines: [] });
    });
});
