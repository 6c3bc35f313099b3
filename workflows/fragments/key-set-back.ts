import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { publish } from './publish.ts';

/** Where a machine goes on after the aliases are back, if consumers may hold a key set with the new key. */
export const keySetBack = 'Is the new key published?';

/** Publishes the key set without the new key. The machine assigns `turn` and `hold`; fragments/way-back.ts the rest. */
export const keySetBackStates = (to: Resources): States => ({
  [keySetBack]: { Type: 'Choice', Choices: [{ Condition: '{% $keySetChanged %}', Next: 'Wait for strays' }], Default: 'Seal failed dossier' },
  // What the new key signed while an alias stood at it must verify until it dies; where none did, this time is past.
  'Wait for strays': { Type: 'Wait', Timestamp: '{% $straysUntil %}', Next: 'Restore key set' },
  ...publish('Restore key set', to, { stage: 'restore', next: { published: 'Seal failed dossier', failed: 'Seal failed dossier' }, keepsFailure: true }),
});
