import { directionOf } from '../rollover/direction.ts';
import type { KeyFacts } from './key-facts.ts';
import type { UsageEvidence } from './key-usage.ts';
import type { Hazard } from './plan.ts';

/** What nobody can do any more while a key is Disabled, and never again once it is deleted. By usage. AWS KMS Developer Guide, "deleting-keys". */
const losses: Readonly<Record<string, string>> = {
  ENCRYPT_DECRYPT: 'whatever is encrypted under it, or under a data key of it, and was not encrypted anew cannot be read',
  SIGN_VERIFY: 'KMS verifies nothing that it signed; whoever holds the public key still can',
  GENERATE_VERIFY_MAC: 'no tag that it made can be verified by anybody',
  KEY_AGREEMENT: 'no secret that was agreed with it can be derived again',
  ENCAPSULATE_DECAPSULATE: 'no secret that was encapsulated to it can be opened',
};

export const lossOf = (usage: string): string => losses[usage] ?? 'nothing that was made with it can be used';

/** What the approvers of a retirement must weigh. AWS KMS Developer Guide, "deleting-keys-determining-usage". */
export function retireHazards({ keyId, usage, spec }: Pick<KeyFacts, 'keyId' | 'usage' | 'spec'>, { lastUsage, uses, complete }: UsageEvidence): Hazard[] {
  const worked = uses.filter((use) => use.error === undefined);
  const hazards: Hazard[] = [{ code: 'loss', sentence: `While ${keyId} is Disabled, ${lossOf(usage)}.` }];
  const [latest] = worked;
  if (latest !== undefined) hazards.push({ code: 'used-lately', sentence: `Somebody used it in the last 90 days, last ${latest.principal} (${latest.operation}) at ${latest.at}: they break.` });
  if (!complete) hazards.push({ code: 'evidence-incomplete', sentence: 'CloudTrail has no event history to read here, or more than was read: principals may be missing above.' });
  if (lastUsage === undefined) hazards.push({ code: 'last-use-unknown', sentence: 'KMS knows of no use; what came before it began to keep count is unknown.' });
  if (spec === 'SYMMETRIC_DEFAULT')
    hazards.push({ code: 'data-keys', sentence: 'Data keys that were handed out go on working unseen until somebody must decrypt one anew, as when a volume is attached or a service restarts.' });
  else if (directionOf(usage).holders !== 'verifiers') hazards.push({ code: 'public-key', sentence: 'Whoever holds its public key can go on encrypting to it, unseen.' });
  return hazards;
}
