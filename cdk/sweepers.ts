import { tasks } from '../tasks/catalogue.ts';

/** The tasks that assume roles in other accounts. */
export const sweepers: readonly string[] = tasks.filter(({ actions }) => actions.includes('sts:AssumeRole')).map(({ name }) => name);

/**
 * The name of such a task's role, with its Region, since IAM knows none. It is fixed, so that another account can trust it before it is there, and after a
 * new Rota has made it anew: CloudFormation would draw another name each time, and a pattern of such names would trust more than one role.
 */
export const sweeperRoleName = (task: string, region: string): string => `Rota-${task}-${region}`;
