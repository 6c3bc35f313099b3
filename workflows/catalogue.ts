import { aliasRollback } from './alias-rollback.ts';
import type { StateMachine } from './asl.ts';
import { byokRotation } from './byok-rotation.ts';
import type { Resources } from './resources.ts';

/** Every state machine by the name it is deployed under. */
export const workflows = {
  'byok-rotation': byokRotation,
  'alias-rollback': aliasRollback,
} satisfies Record<string, (to: Resources) => StateMachine>;

export type WorkflowName = keyof typeof workflows;
