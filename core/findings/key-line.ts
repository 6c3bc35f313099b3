import { z } from 'zod';
import type { KpiFact } from '../kpi/facts.ts';
import type { JudgedKey } from '../inventory/judge-key.ts';

/** What is kept of each key from one sweep to the next: one short line. */
export const KeyLine = z.strictObject({
  keyId: z.string(),
  rotation: z.enum(['on', 'off', 'not possible']),
  retained: z.boolean(),
  standing: z.string(),
  class: z.string(),
  aliases: z.array(z.string()),
});
export type KeyLine = z.infer<typeof KeyLine>;

/** The line of a key; AWS's own keys are nobody's to rotate, and have none. */
export function keyLineOf({ key, class: its, standing }: JudgedKey): KeyLine | undefined {
  if (its.class === 'aws-managed') return undefined;
  // KMS rotates no key while it is Disabled, whatever is switched on (KMS-DG "rotate-keys"): it counts neither way.
  const isDisabled = key.description?.state === 'Disabled';
  const rotation = its.class === 'rotates' && !isDisabled ? 'on' : its.class === 'rotation-off' ? 'off' : 'not possible';
  return { keyId: key.keyId, rotation, retained: its.class === 'retained', standing, class: its.class, aliases: [...key.aliases] };
}

/** What the KPIs learn of a place: the keys that stand otherwise than at the last look, and those that are gone. */
export function keyFacts(before: ReadonlyMap<string, KeyLine>, now: readonly KeyLine[], arnOf: (keyId: string) => string, at: string): KpiFact[] {
  const here = new Set(now.map((line) => line.keyId));
  const changed = now.filter(({ keyId, rotation, retained }) => {
    const last = before.get(keyId);
    return last === undefined || last.rotation !== rotation || last.retained !== retained;
  });
  const gone = [...before.keys()].filter((keyId) => !here.has(keyId));
  return [
    ...changed.map(({ keyId, rotation, retained }): KpiFact => ({ fact: 'key-seen', at, keyArn: arnOf(keyId), rotation, retained })),
    ...gone.map((keyId): KpiFact => ({ fact: 'key-gone', at, keyArn: arnOf(keyId) })),
  ];
}
