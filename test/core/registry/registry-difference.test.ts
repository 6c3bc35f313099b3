import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRegistry } from '../../../core/registry/read-registry.ts';
import { registryDigest } from '../../../core/registry/registry-digest.ts';
import { registryDifference } from '../../../core/registry/registry-difference.ts';
import type { RegisteredKey, Registry } from '../../../core/registry/registry-schema.ts';
import { makeRecoveryCertificate } from '../../../demo/recovery-certificate.ts';
import { goodWithTokens } from './registry-cases.ts';

const more = `freezes:
  - { name: year-end, reason: annual accounts, timeZone: UTC, once: { from: 2026-12-15T18:00, to: 2027-01-07T06:00 } }
exceptions:
  - { key: alias/old, findings: [overdue], owner: security, reason: moves to another account, until: 2027-06-30 }
automaticRotation: { periodDays: 365 }
sweep: { targets: [{ region: eu-central-1 }, { region: eu-west-1 }] }
`;
const base = readRegistry(goodWithTokens + more, 'rota.yaml');
const payments = (registry: Registry): RegisteredKey => registry.keys.find((k) => k.alias === 'alias/payments') ?? expect.fail();
const tokens = (registry: Registry): Extract<RegisteredKey, { method: 'asymmetric' }> => {
  const key = registry.keys.find((k) => k.alias === 'alias/tokens');
  return key?.method === 'asymmetric' ? key : expect.fail();
};

/** The base, edited. */
function edited(edit: (registry: Registry) => void): Registry {
  const copy = structuredClone(base);
  edit(copy);
  return copy;
}

const cases: readonly { readonly name: string; readonly edit: (registry: Registry) => void; readonly subject: string; readonly path?: string; readonly dangers: readonly string[] }[] = [
  { name: 'a description', edit: (r) => (payments(r).description = 'ledger'), subject: 'key alias/payments', path: 'description', dangers: [] },
  {
    name: 'a seat less',
    edit: (r) => (payments(r).approvals.cutover = { all: [{ group: 'security', count: 1 }] }),
    subject: 'key alias/payments',
    path: 'approvals.cutover',
    dangers: ['The cutover of alias/payments is approved more easily: 2 of security -> 1 of security.'],
  },
  { name: 'a seat more', edit: (r) => payments(r).approvals.cutover.all.push({ group: 'custodians', count: 1 }), subject: 'key alias/payments', path: 'approvals.cutover', dangers: [] },
  {
    name: 'another group in the seats',
    edit: (r) => (payments(r).approvals.cutover = { all: [{ group: 'custodians', count: 2 }] }),
    subject: 'key alias/payments',
    path: 'approvals.cutover',
    dangers: ['The cutover of alias/payments is approved more easily: 2 of security -> 2 of custodians.'],
  },
  {
    name: 'an escalation',
    edit: (r) => (payments(r).approvals.cutover.escalation = [{ group: 'security', to: 'custodians', afterSeconds: 3600 }]),
    subject: 'key alias/payments',
    path: 'approvals.cutover',
    dangers: ['The cutover of alias/payments is approved more easily: 2 of security -> 2 of security; after 3600 s custodians may stand in for security.'],
  },
  {
    name: 'a retirement by an easier rule than the cutover by which it went',
    edit: (r) => (payments(r).approvals.retire = { all: [{ group: 'security', count: 1 }] }),
    subject: 'key alias/payments',
    path: 'approvals.retire',
    dangers: ['The retirement of alias/payments is approved more easily: 2 of security -> 1 of security.'],
  },
  {
    name: 'an emergency road',
    edit: (r) => (payments(r).approvals.emergency = { all: [{ group: 'security', count: 2 }, { group: 'custodians', count: 1 }] }),
    subject: 'key alias/payments',
    path: 'approvals.emergency',
    dangers: ['alias/payments gets an emergency road, which skips every wait: 2 of security and 1 of custodians may open it.'],
  },
  {
    name: 'another break-glass role',
    edit: (r) => (payments(r).breakGlassRoleArn = 'arn:aws:iam::111122223333:role/other'),
    subject: 'key alias/payments',
    path: 'breakGlassRoleArn',
    dangers: ['arn:aws:iam::111122223333:role/other alone may disable or delete the keys that alias/payments leaves from now on; those left before obey arn:aws:iam::111122223333:role/break-glass.'],
  },
  {
    name: 'a longer period that nobody starts',
    edit: (r) => (payments(r).schedule = { cryptoperiodDays: 730, warningDays: 30, starts: 'when-due' }),
    subject: 'key alias/payments',
    path: 'schedule.cryptoperiodDays',
    dangers: ['alias/payments is due less often: every 730 days, not 365.', 'Rotations of alias/payments start by themselves when they are due.'],
  },
  {
    name: 'a shorter watch',
    edit: (r) => (payments(r).retirement = { denySeconds: 60, watchSeconds: 60 }),
    subject: 'key alias/payments',
    path: 'retirement.denySeconds',
    dangers: ['Old keys of alias/payments are watched for less time before they count as out of use.'],
  },
  {
    name: 'a key dropped',
    edit: (r) => (r.keys = r.keys.filter((k) => k.alias !== 'alias/payments')),
    subject: 'key alias/payments',
    dangers: ['Rota no longer rotates alias/payments nor says when it is due; a rotation under way ends as failed, and the keys it left cannot be retired.'],
  },
  {
    name: 'a consumer who is no longer waited for',
    edit: (r) => Object.assign(tokens(r).consumers[0] ?? {}, { acknowledges: 'informed' }),
    subject: 'key alias/tokens',
    path: 'consumers.gateway.acknowledges',
    dangers: ['Rotations of alias/tokens no longer wait for gateway to have the new key.'],
  },
  {
    name: 'a target at another place',
    edit: (r) => (tokens(r).publication.targets = [{ name: 'jwks', kind: 'ssm', parameter: '/rota/published/others' }]),
    subject: 'key alias/tokens',
    path: 'publication.targets.jwks.parameter',
    dangers: ['Keys of alias/tokens are published at another place under the name jwks: whoever reads at the old one keeps what is there.'],
  },
  {
    name: 'a target of another name',
    edit: (r) => {
      tokens(r).publication.targets = [{ name: 'site', kind: 'ssm', parameter: '/rota/published/tokens' }];
      Object.assign(tokens(r).consumers[0] ?? {}, { target: 'site' });
    },
    subject: 'key alias/tokens',
    path: 'publication.targets.site.name',
    dangers: ['Keys of alias/tokens are no longer published at jwks: whoever reads there keeps the old one.'],
  },
  {
    name: 'a cache that is said to be shorter',
    edit: (r) => (tokens(r).rollover.cacheTtlSeconds = 60),
    subject: 'key alias/tokens',
    path: 'rollover.cacheTtlSeconds',
    dangers: ['Rotations of alias/tokens take cacheTtlSeconds to be 60, not 3600: what is not true of every consumer breaks them.'],
  },
  {
    name: 'a person with the identity of another',
    edit: (r) => Object.assign(r.people[1] ?? {}, { arn: 'arn:aws:iam::111122223333:user/mallory' }),
    subject: 'person alice',
    path: 'arn',
    dangers: ['Whoever signs as arn:aws:iam::111122223333:user/mallory speaks as alice from now on, and decides as alice.'],
  },
  {
    name: 'a custodian who joins the approvers and the platform',
    edit: (r) => Object.assign(r.people[0] ?? {}, { groups: ['custodians', 'security'], roles: ['custodian', 'platform'] }),
    subject: 'person carol',
    path: 'groups',
    dangers: ['carol may apply registries, and so change every rule.', 'carol joins security, and may approve what is asked of it for alias/tokens, alias/payments.'],
  },
  { name: 'a freeze dropped', edit: (r) => delete r.freezes, subject: 'freeze year-end', dangers: ['Nothing is held any more in year-end (annual accounts).'] },
  {
    name: 'a freeze of one key only, that holds going back',
    edit: (r) => Object.assign(r.freezes?.[0] ?? {}, { aliases: ['alias/tokens'], holds: ['cutover', 'retire', 'rollback'] }),
    subject: 'freeze year-end',
    path: 'aliases',
    dangers: ['year-end holds less than before.', 'year-end holds even going back.'],
  },
  { name: 'an exception prolonged', edit: (r) => Object.assign(r.exceptions?.[0] ?? {}, { until: '2028-06-30' }), subject: 'exception of alias/old (overdue)', path: 'until', dangers: [] },
  { name: 'rotation by AWS less often', edit: (r) => (r.automaticRotation = { periodDays: 730 }), subject: 'automatic rotation', path: 'periodDays', dangers: ['Keys that AWS rotates may do so less often and count as in order.'] },
  {
    name: 'a Region that nobody looks at, and a sweep that acts',
    edit: (r) => (r.sweep = { targets: [{ region: 'eu-central-1' }], remedy: 'enable' }),
    subject: 'sweep',
    path: 'targets',
    dangers: ['Nobody looks at the keys of eu-west-1 any more.', 'The sweep changes keys by itself: it switches automatic rotation on.'],
  },
];

test.each(cases)('$name', ({ edit, subject, path, dangers }) => {
  const changes = registryDifference(base, edited(edit));
  expect(changes.map((c) => c.subject)).toEqual([subject]);
  expect(changes[0]?.dangers).toEqual(dangers);
  if (path === undefined) expect(changes[0]?.act).toBe('dropped');
  else expect(changes[0]?.fields.map((f) => f.path)).toContain(path);
});

test('other certificates are told by their names: who can recover, and who no longer can', () => {
  const other = makeRecoveryCertificate('Somebody else').certificatePem;
  const [change] = registryDifference(base, edited((r) => (payments(r).escrow = { recoveryCertificates: [other] })));
  expect(change?.dangers).toMatchObject([
    expect.stringMatching(/^Whoever holds the key of CN=Somebody else \([0-9a-f]{16}\) can recover all material that is made for alias\/payments from now on\.$/),
    expect.stringMatching(/^The holder of CN=Recovery officer \([0-9a-f]{16}\) can recover no material/),
  ]);
});

test('a gate of quiet use that is taken away or shortened lets rotations count as complete sooner', () => {
  const gated = (adoption?: { quietSeconds: number; overdueAfterSeconds: number }) =>
    edited((r) => (r.keys = r.keys.map((k) => (k.method === 'new-key' ? { ...k, ...(adoption === undefined ? {} : { adoption }) } : k))));
  const [week, month] = [gated({ quietSeconds: 604_800, overdueAfterSeconds: 0 }), gated({ quietSeconds: 2_592_000, overdueAfterSeconds: 0 })];
  const dangers = (before: Registry, after: Registry) => registryDifference(before, after).flatMap((c) => c.dangers);
  expect(dangers(month, week)).toEqual(['Rotations of alias/payments count as complete when the old key was quiet for 604800 s, not 2592000.']);
  expect(dangers(week, gated())).toEqual(['Rotations of alias/payments count as complete whoever still uses the old key.']);
  expect(dangers(gated(), month)).toEqual([]);
});

test('nothing differs from itself, in whatever order it stands', () => {
  const turned = edited((r) => {
    r.keys.reverse();
    r.people.reverse();
  });
  expect(registryDifference(base, turned)).toEqual([]);
  expect(registryDigest(edited((r) => r.keys.reverse()))).toBe(registryDigest(base));
  expect(registryDigest(edited((r) => delete r.freezes))).toBe(registryDigest(edited((r) => (r.freezes = []))));
  expect(registryDigest(edited((r) => (payments(r).owner = 'others')))).not.toBe(registryDigest(base));
});

test('over nothing, all is new and nothing dangerous', () => {
  const changes = registryDifference(undefined, base);
  expect(changes.every((c) => c.act === 'added' && c.dangers.length === 0)).toBe(true);
  expect(changes.map((c) => c.subject)).toEqual(['person carol', 'person alice', 'person bob', 'key alias/tokens', 'key alias/payments', 'exception of alias/old (overdue)', 'freeze year-end', 'automatic rotation', 'sweep']);
});

test('every field that the schema has is seen when it changes', () => {
  const fields = Object.keys((JSON.parse(readFileSync('rota.schema.json', 'utf8')) as { properties: object }).properties);
  const seen = ['people', 'keys', 'exceptions', 'automaticRotation', 'sweep', 'freezes'];
  expect(fields.filter((field) => field !== 'version')).toEqual(seen);
});
