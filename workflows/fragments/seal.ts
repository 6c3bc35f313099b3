import type { Expression, TaskState } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { taskState } from './task.ts';

const thisExecution = '{% $states.context.Execution.Id %}';

interface Sealing {
  /** Whose history the dossier holds; this execution's, where it is not closed by another. */
  readonly executionArn?: Expression;
  /** Whether it tells what went wrong, which `failTo` and the approvals assign. */
  readonly tells?: 'failure';
  /** Left out, it follows from the failure and from what the execution was for. */
  readonly outcome?: 'complete' | 'rolled-back';
  readonly next: string;
}

/** Seals the dossier: the last step of every way through every machine (P8). */
export const seal = (to: Resources, { executionArn = thisExecution, tells, outcome, next }: Sealing): TaskState =>
  taskState(to, { task: 'seal-dossier', payload: { executionArn, ...(outcome && { outcome }), ...(tells && { failure: '{% $failure %}' }) }, next });
