import { isoSeconds } from '../clock.ts';
import type { Json } from '../canonical-json.ts';
import type { JudgedKey } from './judge-key.ts';
import { materialSinceMs } from './renewal.ts';

const at = (name: string, ms: number | undefined): Record<string, string> => (ms === undefined ? {} : { [name]: isoSeconds(ms) });

/** A key of an inventory as its JSON document has it: times are ISO 8601, what is not known is not there. */
export function jsonOf({ arn, key, class: its, policy, renewal, rotationsLeft, standing, findings }: JudgedKey): Record<string, Json> {
  const { description: d, lastUse } = key;
  return {
    arn,
    aliases: [...key.aliases],
    class: its.class,
    ...(its.class === 'manual' ? { why: its.why } : {}),
    ...(its.class === 'unknown' ? { reason: its.reason } : {}),
    ...(its.class === 'rotates' ? { periodDays: its.periodDays, ...at('nextRotationAt', its.nextMs) } : {}),
    ...(its.class === 'retained' ? { retainedFor: its.rotationId } : {}),
    ...(its.class === 'pending-deletion' ? at('deletionAt', its.deletionMs) : {}),
    standing,
    ...(d === undefined ? {} : { state: d.state, keySpec: d.spec, keyUsage: d.usage, origin: d.origin, ...at('createdAt', d.createdMs), ...at('materialExpiresAt', d.validToMs) }),
    ...(d?.multiRegion === undefined ? {} : { multiRegion: d.multiRegion }),
    ...(policy === undefined ? {} : { registeredAs: policy.alias, owner: policy.owner, cryptoperiodDays: policy.cryptoperiodDays }),
    ...at('materialSince', materialSinceMs({ key, renewal })),
    ...at('dueAt', renewal?.dueMs),
    ...(rotationsLeft === undefined ? {} : { rotationsLeft }),
    ...(key.tags['rota:rotation'] === undefined ? {} : { madeByRotation: key.tags['rota:rotation'] }),
    ...(lastUse === undefined ? {} : { lastUse: { ...at('trackedSince', lastUse.trackedSinceMs), ...(lastUse.operation === undefined ? {} : { operation: lastUse.operation }), ...at('at', lastUse.atMs) } }),
    findings: findings.map(({ name, severity, sentence, remedy, excused }) => ({ name, severity, sentence, remedy, ...(excused === undefined ? {} : { excused: { ...excused } }) })),
  };
}
