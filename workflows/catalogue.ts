import { aliasRollback } from './alias-rollback.ts';
import type { StateMachine } from './asl.ts';
import { asymmetricRotation } from './asymmetric-rotation.ts';
import { byokRotation } from './byok-rotation.ts';
import { closeRotation } from './close-rotation.ts';
import { keySweep } from './key-sweep.ts';
import { retire } from './retire.ts';
import type { Resources } from './resources.ts';

/** Every state machine by the name it is deployed under. */
export const workflows = {
  'byok-rotation': byokRotation,
  'asymmetric-rotation': asymmetricRotation,
  'alias-rollback': aliasRollback,
  'close-rotation': closeRotation,
  retire,
  'key-sweep': keySweep,
} satisfies Record<string, (to: Resources) => StateMachine>;

export type WorkflowName = keyof typeof workflows;
