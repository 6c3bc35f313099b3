/**
 * What is deployed of a workflow, as text. A deployed definition differs from `dist/workflows/<name>.asl.json` in two ways, and no other:
 *
 * - each placeholder `${PlanRotationFunctionArn}` is the ARN of the function of task `plan-rotation`. CloudFormation puts
 *   it there (`DefinitionSubstitutions`), so the placeholders stand in the template as they do in the file;
 * - the partition in `arn:aws:states:::lambda:invoke` is the one that the stack is deployed in.
 */
import { workflows, type WorkflowName } from '../workflows/catalogue.ts';

export const workflowNames = Object.keys(workflows) as WorkflowName[];

/** `plan-rotation` to `PlanRotation`: how a task is called where CloudFormation takes letters and digits only. */
export const pascalCase = (name: string): string => name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The key of a task's function in `DefinitionSubstitutions`. */
export const substitutionOf = (task: string): string => `${pascalCase(task)}FunctionArn`;

/** A definition in JSON, with `${…}` where function ARNs go. */
export const definitionText = (name: WorkflowName, partition: string): string =>
  JSON.stringify(workflows[name]({ partition, functionOf: (task) => `\${${substitutionOf(task)}}` }), null, 2);
