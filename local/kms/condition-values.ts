import { dayMs, isReplica, type Key } from './key.ts';
import type { Call } from './operation.ts';
import { accountOf, principalArnOf } from '../principal-arns.ts';
import { specOf } from './specs.ts';
import { trackingStartMs } from './records.ts';

interface Facts {
  readonly call: Call;
  readonly key: Key;
  /** How the request named the key. */
  readonly reference: string;
  /** The operation, or for ReEncrypt the half of it that this key does. */
  readonly action: string;
}

type Read = (facts: Facts) => string | number | boolean | readonly string[] | undefined;

/** The value of an input field when it is there and simple. */
const input =
  (field: string): Read =>
  ({ call }) => {
    const value = call.wire[field];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    return Array.isArray(value) ? value.map(String) : undefined;
  };

const first =
  (...reads: readonly Read[]): Read =>
  (facts) =>
    reads.map((read) => read(facts)).find((value) => value !== undefined);

/** An input field of one operation, with the value that AWS assumes when it is left out. */
const ofOperation =
  (operation: string, field: string, standard?: string | number): Read =>
  (facts) =>
    facts.call.operation === operation ? (input(field)(facts) ?? standard) : undefined;

/** A request reaches this KMS straight from its caller, so no service stands in between. */
const absent: Read = () => undefined;

/** Every condition key that can be judged, in lower case: names of condition keys are case-insensitive (IAM user guide). */
const reads: Readonly<Record<string, Read>> = {
  'aws:principalarn': ({ call }) => principalArnOf(call.caller.arn),
  'aws:principalaccount': ({ call }) => accountOf(call.caller.arn),
  'aws:userid': ({ call }) => call.caller.userId,
  'aws:requestedregion': ({ call }) => call.caller.region,
  'aws:currenttime': ({ call }) => call.nowMs,
  'aws:principalisawsservice': () => false,
  'aws:viaawsservice': () => false,
  'aws:tagkeys': (facts) => input('TagKeys')(facts) ?? tagsOf(facts.call).map(([name]) => name),
  'kms:calleraccount': ({ call }) => call.caller.accountId,
  'kms:viaservice': absent,
  'kms:keyorigin': ({ key }) => key.origin,
  'kms:keyspec': ({ key }) => key.spec,
  'kms:keyusage': ({ key }) => key.usage,
  'kms:customermasterkeyspec': ({ key }) => key.spec,
  'kms:customermasterkeyusage': ({ key }) => key.usage,
  'kms:multiregion': ({ key }) => key.multiRegion !== undefined,
  'kms:multiregionkeytype': ({ key }) => (key.multiRegion === undefined ? undefined : isReplica(key) ? 'REPLICA' : 'PRIMARY'),
  'kms:primaryregion': input('PrimaryRegion'),
  'kms:replicaregion': input('ReplicaRegion'),
  'kms:requestalias': ({ reference }) => /(?:^|:)(alias\/.+)$/.exec(reference)?.[1],
  'kms:rotationperiodindays': ofOperation('EnableKeyRotation', 'RotationPeriodInDays', 365),
  'kms:schedulekeydeletionpendingwindowindays': ofOperation('ScheduleKeyDeletion', 'PendingWindowInDays', 30),
  'kms:trailingdayswithoutkeyusage': ({ call, key }) => trailingDays(call, key),
  'kms:bypasspolicylockoutsafetycheck': first(input('BypassPolicyLockoutSafetyCheck'), ({ call }) =>
    ['CreateKey', 'PutKeyPolicy', 'ReplicateKey'].includes(call.operation) ? false : undefined,
  ),
  'kms:expirationmodel': ofOperation('ImportKeyMaterial', 'ExpirationModel', 'KEY_MATERIAL_EXPIRES'),
  'kms:validto': ({ call }) => (typeof call.wire['ValidTo'] === 'number' ? call.wire['ValidTo'] * 1000 : undefined),
  'kms:wrappingalgorithm': input('WrappingAlgorithm'),
  'kms:wrappingkeyspec': input('WrappingKeySpec'),
  'kms:encryptionalgorithm': (facts) =>
    input(`${halfOf(facts.action)}EncryptionAlgorithm`)(facts) ?? (specOf(facts.key.spec).type === 'symmetric' ? 'SYMMETRIC_DEFAULT' : undefined),
  'kms:signingalgorithm': input('SigningAlgorithm'),
  'kms:macalgorithm': input('MacAlgorithm'),
  'kms:keyagreementalgorithm': input('KeyAgreementAlgorithm'),
  'kms:messagetype': first(input('MessageType'), ({ call }) => (/^(Sign|Verify)$/.test(call.operation) ? 'RAW' : undefined)),
  'kms:grantoperations': ofOperation('CreateGrant', 'Operations'),
  'kms:granteeprincipal': input('GranteePrincipal'),
  'kms:retiringprincipal': input('RetiringPrincipal'),
  'kms:grantisforawsresource': ({ call }) => (/Grant$/.test(call.operation) ? false : undefined),
  'kms:encryptioncontextkeys': (facts) => {
    const context = contextOf(facts);
    return context === undefined ? undefined : Object.keys(context);
  },
};

/** Keys with a name of the caller's choice behind the prefix. */
const namedReads: Readonly<Record<string, (facts: Facts, name: string) => string | undefined>> = {
  'aws:resourcetag/': ({ key }, name) => (Object.hasOwn(key.tags, name) ? key.tags[name] : undefined),
  'aws:requesttag/': ({ call }, name) => tagsOf(call).find(([tag]) => tag === name)?.[1],
  'kms:encryptioncontext:': (facts, name) => contextOf(facts)?.[name],
};

const namedRead = (conditionKey: string) => Object.entries(namedReads).find(([prefix]) => conditionKey.toLowerCase().startsWith(prefix));

export const isKnownConditionKey = (conditionKey: string): boolean =>
  Object.hasOwn(reads, conditionKey.toLowerCase()) || namedRead(conditionKey) !== undefined;

/** The values that a request gives to condition keys, as strings; dates as epoch milliseconds. */
export function conditionValues(facts: Facts): (conditionKey: string) => readonly string[] | undefined {
  return (conditionKey) => {
    const named = namedRead(conditionKey);
    const value = named === undefined ? reads[conditionKey.toLowerCase()]?.(facts) : named[1](facts, conditionKey.slice(named[0].length));
    if (value === undefined) return undefined;
    return typeof value === 'object' ? value : [String(value)];
  };
}

/** Whole days since the last use, else since making or since tracking began; rounded down (KMS-DG conditions-kms). */
function trailingDays(call: Call, key: Key): number | undefined {
  if (call.operation !== 'DisableKey' && call.operation !== 'ScheduleKeyDeletion') return undefined;
  const sinceMs = call.store.lastUse(key)?.atMs ?? Math.max(key.createdMs, trackingStartMs);
  return Math.max(0, Math.floor((call.nowMs - sinceMs) / dayMs));
}

/** ReEncrypt names its context and algorithm twice, once for each key. */
const halfOf = (action: string): string => (action === 'ReEncryptFrom' ? 'Source' : action === 'ReEncryptTo' ? 'Destination' : '');

function contextOf({ call, action }: Facts): Record<string, string> | undefined {
  const context = call.wire[`${halfOf(action)}EncryptionContext`];
  return typeof context === 'object' && context !== null ? (context as Record<string, string>) : undefined;
}

function tagsOf(call: Call): [string, string][] {
  const tags = call.wire['Tags'];
  return Array.isArray(tags) ? (tags as { TagKey: string; TagValue: string }[]).map((tag) => [tag.TagKey, tag.TagValue]) : [];
}
