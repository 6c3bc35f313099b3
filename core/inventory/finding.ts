import type { excusable } from '../registry/estate-schema.ts';

type Severity = 'high' | 'medium' | 'low' | 'notice';

/** How the command line gets to the key that takes a setting. */
export interface Way {
  /** What it needs beside the key, with a space before it: its Region, of a replica that of its primary key, and the role that leads to another account. */
  readonly options: string;
  /** Of a replica the way is that to its primary key. */
  readonly isReplica?: boolean;
}

/** A notice is for people to know; anything else is not in order until somebody acts or an exception says otherwise. */
interface Kind {
  readonly severity: Severity;
  readonly remedy: (keyId: string, way: Way) => string;
}

/** What to type about the automatic rotation of a key; of a multi-Region key only its primary takes it (KMS-DG "rotate-keys"). */
const enable = (keyId: string, does: string, { options, isReplica }: Way): string =>
  `${does}${isReplica === true ? ' at its primary key, for every Region,' : ''} with \`rota enable-rotation ${keyId}${options} --apply\`.`;

/** Every finding, with what to type or to open. The order is that of urgency. */
export const findingKinds = {
  'no-material': { severity: 'high', remedy: () => 'Import its material again: runbooks/inventory.md, "no-material".' },
  'material-expires': { severity: 'high', remedy: () => 'Import the same material again before that: runbooks/inventory.md, "material-expires".' },
  'registered-key-missing': { severity: 'high', remedy: () => 'Find out who deleted its alias: runbooks/inventory.md, "registered-key-missing".' },
  'registered-key-unusable': { severity: 'high', remedy: () => 'Enable it, or cancel its deletion: runbooks/inventory.md, "registered-key-unusable".' },
  'alias-moved': { severity: 'high', remedy: () => 'Put it back, or accept it with `rota findings accept`: runbooks/alias-moved.md.' },
  'retained-key-goes': { severity: 'high', remedy: (keyId, { options }) => `Cancel it with \`aws kms cancel-key-deletion --key-id ${keyId}${options}\`: what it protects is lost with it. runbooks/inventory.md, "retained-key-goes".` },
  'retained-key-disabled': { severity: 'high', remedy: (keyId, { options }) => `Enable it with \`aws kms enable-key --key-id ${keyId}${options}\`: until then nothing that it made opens or verifies. runbooks/inventory.md, "retained-key-disabled".` },
  'retained-key-unlocked': { severity: 'high', remedy: () => 'Put the statement RotaRetention back into its policy: runbooks/retention-lock.md.' },
  overdue: { severity: 'high', remedy: () => 'Rotate it with `rota rotate`, or record an exception: runbooks/inventory.md, "overdue".' },
  'not-quiet': { severity: 'medium', remedy: () => 'See who still uses the old key with `rota adoption`: runbooks/adoption.md, "Not yet quiet".' },
  'rotation-off': { severity: 'medium', remedy: (keyId, way) => enable(keyId, 'Switch it on', way) },
  'rotation-too-slow': { severity: 'medium', remedy: (keyId, way) => enable(keyId, 'Shorten the period', way) },
  unregistered: { severity: 'medium', remedy: () => 'Find its owner and add it to rota.yaml, or record an exception: runbooks/inventory.md, "unregistered".' },
  'rotations-used-up': { severity: 'medium', remedy: () => 'Rotate it to a new key from now on: runbooks/inventory.md, "rotations-used-up".' },
  unreadable: { severity: 'medium', remedy: () => 'Let the identity that sweeps read it in its key policy: runbooks/inventory.md, "unreadable".' },
  'left-over': { severity: 'low', remedy: () => 'Look at the rotation that its tag names before you do anything: if that is complete, the key was in use and data may hang on it. runbooks/inventory.md, "left-over".' },
  'due-soon': { severity: 'notice', remedy: () => 'Plan its rotation with `rota plan`.' },
  'rotations-run-out': { severity: 'notice', remedy: () => 'Plan to rotate it to a new key: runbooks/inventory.md, "rotations-used-up".' },
  'exception-ends': { severity: 'notice', remedy: () => 'Mend the key, or prolong the exception in rota.yaml with a reason.' },
} as const satisfies Record<(typeof excusable)[number] | 'registered-key-missing' | 'registered-key-unusable' | 'alias-moved' | 'retained-key-goes' | 'retained-key-disabled' | 'retained-key-unlocked' | 'not-quiet' | 'due-soon' | 'rotations-run-out' | 'exception-ends', Kind>;

export type FindingName = keyof typeof findingKinds;

export interface Finding {
  readonly name: FindingName;
  readonly severity: Severity;
  /** What is so, as a sentence. */
  readonly sentence: string;
  readonly remedy: string;
  /** The exception that excuses it. */
  readonly excused?: { readonly owner: string; readonly reason: string; readonly until: string };
}

/** A finding in words. */
export function finding(name: FindingName, keyId: string, sentence: string, way: Way = { options: '' }): Finding {
  const { severity, remedy }: Kind = findingKinds[name];
  return { name, severity, sentence, remedy: remedy(keyId, way) };
}
