import { ArnFormat, Aws, Fn, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { workflows, type WorkflowName } from '../workflows/catalogue.ts';
import { keptOnceMade } from './kept-once-made.ts';
import { definitionText, pascalCase, substitutionOf, workflowNames } from './definition.ts';
import type { TaskFunctions } from './task-functions.ts';

/** The tasks that a workflow calls, in the order in which it first names them. */
function tasksOf(name: WorkflowName): string[] {
  const called = new Set<string>();
  workflows[name]({ partition: 'aws', functionOf: (task) => (called.add(task), task) });
  return [...called];
}

/** Whether a workflow runs each item of a Map in an execution of its own. */
const hasDistributedMap = (name: WorkflowName): boolean => Object.values(workflows[name]({ partition: 'aws', functionOf: (task) => task }).States).some((state) => state.Type === 'Map');

/** The state machines, named as in workflows/catalogue.ts, with the very definitions of `npm run workflows`. */
export class StateMachines extends Construct {
  readonly byName: Readonly<Record<WorkflowName, sfn.StateMachine>>;

  constructor(scope: Construct, id: string, functions: TaskFunctions) {
    super(scope, id);
    this.byName = Object.fromEntries(workflowNames.map((name) => [name, this.#machine(name, functions)])) as Record<WorkflowName, sfn.StateMachine>;
  }

  #machine(name: WorkflowName, functions: TaskFunctions): sfn.StateMachine {
    const part = new Construct(this, pascalCase(name));
    const arns = tasksOf(name).map((task) => [substitutionOf(task), functions.of(task).lambda.functionArn] as const);
    const role = new iam.Role(part, 'Role', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com'), description: `Rota state machine ${name}` });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: arns.map(([, arn]) => arn) }));
    if (hasDistributedMap(name)) for (const statement of itemsOf(name, Stack.of(this))) role.addToPolicy(statement);
    return new sfn.StateMachine(part, 'Machine', {
      stateMachineName: name,
      stateMachineType: sfn.StateMachineType.STANDARD,
      definitionBody: sfn.DefinitionBody.fromString(definitionText(name, Aws.PARTITION)),
      definitionSubstitutions: Object.fromEntries(arns),
      role,
      tracingEnabled: true,
      // Execution data holds task tokens: it stays in the history, which only readers of executions see.
      logs: { destination: logOf(part, name), level: sfn.LogLevel.ALL, includeExecutionData: false },
      // To delete a machine is to end the rotations that wait in it, and to lose their history: an act of its own.
      removalPolicy: keptOnceMade,
    });
  }
}

/**
 * Under a name for which CloudWatch Logs makes its own room: for any other Step Functions adds to a resource policy of the account that holds 5,120 characters, and where that is full no machine
 * can be made (Step Functions Developer Guide, "Avoiding Amazon CloudWatch Logs resource policy size restrictions"). A stack that comes after this one has names of its own.
 */
function logOf(part: Construct, name: WorkflowName): logs.LogGroup {
  const stack = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return new logs.LogGroup(part, 'Log', { logGroupName: `/aws/vendedlogs/states/rota-${name}-${stack}`, retention: logs.RetentionDays.ONE_YEAR, removalPolicy: keptOnceMade });
}

/**
 * What a Distributed Map takes of its own machine: it starts an execution for each item, and looks after it. CDK sees to that only where it has made the Map itself. By name, since a machine
 * cannot be there before its role is. Step Functions Developer Guide, "IAM policies for using Distributed Map state" (iam-policies-eg-dist-map).
 */
function itemsOf(name: WorkflowName, stack: Stack): iam.PolicyStatement[] {
  const arn = (resource: string, resourceName: string): string => stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [arn('stateMachine', name)] }),
    // Its executions are of `name`, or of `name/label`, as AWS tells of them.
    new iam.PolicyStatement({ actions: ['states:DescribeExecution', 'states:StopExecution'], resources: [arn('execution', `${name}:*`), arn('execution', `${name}/*`)] }),
    new iam.PolicyStatement({ actions: ['states:RedriveExecution'], resources: [arn('execution', `${name}/*`)] }),
  ];
}
