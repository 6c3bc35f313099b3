import { z } from 'zod';
import { identityKindOf, type Decision } from '../approval/decision.ts';
import { assertionFault } from '../approval/passkey-assertion.ts';
import type { RotationPredicate } from './statement.ts';

/** A passkey that an auditor knows from elsewhere, as `rota passkey list --all --json` prints it. Times are ISO 8601 in UTC. */
export const KnownPasskey = z.looseObject({
  credentialId: z.string(),
  person: z.string(),
  publicKeySpki: z.string(),
  enrolledAt: z.string(),
  removedAt: z.string().optional(),
});
export type KnownPasskey = z.infer<typeof KnownPasskey>;

/** What an auditor insists on, from a source that they trust, beside what a dossier says of itself. */
export interface Insisted {
  /** The console that people decide in: scheme, host and port. */
  readonly consoleOrigin?: string;
  /** The passkeys that were enrolled. */
  readonly passkeys?: readonly KnownPasskey[];
}

/** What is wrong with the passkey of a decision, in words that follow "the passkey of NAME"; undefined where it holds, or there is none. */
export function passkeyFault(decision: Decision, { consoleOrigin, passkeys }: Insisted): string | undefined {
  const { passkey, person, decidedAt } = decision;
  if (passkey === undefined) return undefined;
  const fault = assertionFault(passkey, decision);
  if (fault !== undefined) return fault;
  if (consoleOrigin !== undefined && passkey.origin !== consoleOrigin) return `signed at ${passkey.origin}, not at ${consoleOrigin}`;
  if (passkeys === undefined) return undefined;
  const known = passkeys.find((k) => k.credentialId === passkey.credentialId);
  if (known === undefined) return 'is not among the passkeys that you know';
  if (known.person !== person || known.publicKeySpki !== passkey.publicKeySpki) return 'is another one than you know under its id';
  if (decidedAt < known.enrolledAt) return `decided at ${decidedAt}, before it was enrolled`;
  return known.removedAt !== undefined && known.removedAt < decidedAt ? `decided at ${decidedAt}, after it was removed` : undefined;
}

/** Who decided what, and how they showed who they are. */
export interface Decider {
  readonly stage: string;
  readonly person: string;
  readonly decision: 'approve' | 'refuse';
  readonly decidedAt: string;
  readonly identity: 'passkey' | 'iam';
  /** The IAM identity that signed, or that enrolled the passkey. */
  readonly arn: string;
  /** Of a passkey: its credential, and the console. */
  readonly credentialId?: string;
  readonly origin?: string;
}

/** Every decision of a dossier, in its order. */
export const decidersOf = ({ approvals }: Pick<RotationPredicate, 'approvals'>): Decider[] =>
  approvals.flatMap(({ decisions }) =>
    decisions.map((d) => ({
      stage: d.stage,
      person: d.person,
      decision: d.decision,
      decidedAt: d.decidedAt,
      identity: identityKindOf(d),
      arn: d.arn,
      ...(d.passkey === undefined ? {} : { credentialId: d.passkey.credentialId, origin: d.passkey.origin }),
    })),
  );
