import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { QuietGate } from '../adoption/quiet.ts';
import { seatsOf, unfillable } from '../approval/seats.ts';
import { counted } from '../counted.ts';
import { frozenForEver } from '../freeze/held-until.ts';
import { AliasName, IamArn } from '../ids.ts';
import { Freeze, FrozenStage } from './freeze-schema.ts';
import { AcknowledgementRule, Consumer, Publication, Retirement, Rollover } from './rollover-schema.ts';
import { AutomaticRotation, Exception, Sweep } from './estate-schema.ts';
import { Name } from './name.ts';

function duplicates(values: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.has(value) || !seen.add(value)));
}

/** What a person may do; membership of the groups that a rule names is what makes an approver. */
export const Role = z.enum(['custodian', 'approver', 'auditor', 'platform', 'consumer']);
export type Role = z.infer<typeof Role>;

export const Person = z.strictObject({
  id: Name,
  name: z.string().min(1).max(120),
  /** The IAM user, role or role session that signs this person's requests. */
  arn: IamArn,
  roles: z.array(Role).min(1),
  groups: z.array(Name).default([]),
});
export type Person = z.infer<typeof Person>;

/**
 * An AND over seats: `count` different people of each group. NIST SP 800-53 AC-5 (separation of duties). With an escalation the people of
 * `to` may fill the seats of `group` too, from `afterSeconds` after the question on.
 */
export const ApprovalRule = z
  .strictObject({
    all: z.array(z.strictObject({ group: Name, count: z.int().min(1).max(9) })).min(1, 'must name at least one group'),
    escalation: z.array(z.strictObject({ group: Name, to: Name, afterSeconds: z.int().min(60).max(30_000_000) })).max(5).optional(),
  })
  .superRefine(({ all, escalation = [] }, context) => {
    const asked = all.map((seat) => seat.group);
    escalation.forEach(({ group, to }, i) => {
      const complain = (field: string, message: string) => context.addIssue({ code: 'custom', path: ['escalation', i, field], message });
      if (!asked.includes(group)) complain('group', `is ${group}, but the rule asks ${asked.join(', ')}`);
      if (to === group) complain('to', `is ${to}, the very group that is silent`);
    });
  });
export type ApprovalRule = z.infer<typeof ApprovalRule>;

const stages = ['start', 'cutover', 'rollback', 'waiver', 'emergency', 'retire'] as const;
export const Stage = z.enum(stages);
export type Stage = z.infer<typeof Stage>;

const Approvals = z
  .strictObject({
    /** Asked before anything is created; left out, the request itself is enough. */
    start: ApprovalRule.optional(),
    cutover: ApprovalRule,
    /** Left out, a rollback needs what a cutover needs. */
    rollback: ApprovalRule.optional(),
    /** Lets a rotation go on without a consumer's acknowledgement. Left out, it needs what a cutover needs. */
    waiver: ApprovalRule.optional(),
    /** Skips every wait after a compromise. Left out, the key has no emergency road. */
    emergency: ApprovalRule.optional(),
    /** Takes an old key out of use. Left out, it needs what a cutover needs. */
    retire: ApprovalRule.optional(),
    /** How long a question stays open in all. One year is what a Standard execution may last. */
    timeoutSeconds: z.int().min(60).max(30_000_000).default(604_800),
    /** How long it stays open without any decision; each decision starts it anew. */
    heartbeatSeconds: z.int().min(30).max(30_000_000).default(259_200),
    /** How long before a question closes its approvers are reminded. Left out, a day before. */
    remindBeforeSeconds: z.array(z.int().min(60).max(30_000_000)).max(5).optional(),
  })
  .refine((a) => a.heartbeatSeconds < a.timeoutSeconds, {
    path: ['heartbeatSeconds'],
    error: 'must be less than timeoutSeconds (Step Functions, HeartbeatSeconds)',
  })
  .refine((a) => a.emergency === undefined || seatsOf(a.emergency).length > seatsOf(a.cutover).length, {
    path: ['emergency'],
    error: 'must ask for more people than the cutover: it skips the waits that protect everybody else',
  })
  .superRefine((a, context) => {
    const complain = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    a.remindBeforeSeconds?.forEach((seconds, i) => {
      if (seconds >= a.timeoutSeconds) complain(['remindBeforeSeconds', i], `is ${seconds}, but a question is open for ${a.timeoutSeconds} s in all`);
    });
    for (const stage of stages)
      a[stage]?.escalation?.forEach(({ afterSeconds }, i) => {
        const path = [stage, 'escalation', i, 'afterSeconds'];
        if (afterSeconds >= a.timeoutSeconds) complain(path, `is ${afterSeconds}, but a question is open for ${a.timeoutSeconds} s in all`);
        else if (silenceBefore(a[stage]?.escalation ?? [], afterSeconds) >= a.heartbeatSeconds) complain(path, `is ${afterSeconds}, but after ${a.heartbeatSeconds} s of silence the question closes (heartbeatSeconds)`);
      });
  });

/** How long nobody may have said anything when an escalation takes place: since the one before it, or since the question. */
const silenceBefore = (escalation: readonly { readonly afterSeconds: number }[], afterSeconds: number): number =>
  afterSeconds - Math.max(0, ...escalation.map((e) => e.afterSeconds).filter((s) => s < afterSeconds));

/** Cryptoperiod of a key. NIST SP 800-57 Part 1 Rev. 5, section 5.3; PCI DSS v4.0.1, 3.7.4. */
const Schedule = z
  .strictObject({
    cryptoperiodDays: z.int({ error: (i) => (i.input === undefined ? undefined : `is ${JSON.stringify(i.input)}: write whole days, such as 365`) }).min(1).max(3653),
    warningDays: z.int().min(1).default(30),
    /** `when-due`: the daily sweep starts the rotation `warningDays` before it is due. Left out, people start it. */
    starts: z.enum(['by-hand', 'when-due']).optional(),
  })
  .refine((s) => s.warningDays < s.cryptoperiodDays, {
    path: ['warningDays'],
    error: (i) => {
      const s = i.input as { warningDays: number; cryptoperiodDays: number };
      return `is ${s.warningDays}, but the key is due every ${counted(s.cryptoperiodDays, 'day')}: use fewer days than that`;
    },
  });

/** Where the key material of a successor comes from, and to whom a copy goes. */
const Material = z.strictObject({ source: z.literal('generated', { error: 'must be "generated"' }) });

function isRsaCertificate(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(pem).publicKey;
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}

/** What was asked of a certificate before. All keys of an estate name the same few, and OpenSSL takes 0.2 ms for each. */
const knownCertificates = new Map<string, boolean>();
function isRecoveryCertificate(pem: string): boolean {
  const known = knownCertificates.get(pem) ?? isRsaCertificate(pem);
  if (knownCertificates.size >= 1000) knownCertificates.clear();
  knownCertificates.set(pem, known);
  return known;
}

const Escrow = z.strictObject({
  /** X.509 certificates in PEM; each of their holders alone can recover the material. RFC 5652 section 6, EnvelopedData. */
  recoveryCertificates: z
    .array(z.string().refine(isRecoveryCertificate, 'must be an X.509 certificate in PEM with an RSA key of 2048 bits or more'))
    .min(1, 'must hold at least one certificate: generated material that nobody escrowed is lost for ever with its KMS key'),
});

const common = {
  alias: AliasName,
  owner: Name,
  schedule: Schedule,
  approvals: Approvals,
  /** The only principal that the retention lock lets through. */
  breakGlassRoleArn: IamArn,
  retirement: Retirement,
  description: z.string().max(500).optional(),
};

/** A key that is replaced by a key with new imported material; nobody else has to know. */
const NewKeyRotation = z.strictObject({
  ...common,
  method: z.literal('new-key'),
  material: Material,
  escrow: Escrow,
  /** When a rotation counts as complete: left out, when its aliases have moved. (Method `asymmetric` stops and drains its old key.) */
  adoption: QuietGate.optional(),
});

/** A key whose public half (or, for HMAC, whose id) others hold: they must have the new one first. */
const AsymmetricRotation = z
  .strictObject({
    ...common,
    method: z.literal('asymmetric'),
    rollover: Rollover,
    publication: Publication,
    consumers: z.array(Consumer).max(200).default([]),
    acknowledgement: z.array(AcknowledgementRule).default([]),
    /** Of a key with imported material: its successor gets imported material too. */
    material: Material.optional(),
    escrow: Escrow.optional(),
  })
  .superRefine((key, context) => {
    const complain = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    const targets = key.publication.targets.map((t) => t.name);
    const twice = duplicates(key.consumers.map((c) => c.name));
    key.consumers.forEach((consumer, i) => {
      if (twice.has(consumer.name)) complain(['consumers', i, 'name'], `is ${consumer.name} twice: a consumer stands here once`);
      if (!targets.includes(consumer.target)) complain(['consumers', i, 'target'], `is ${consumer.target}, but the targets are ${targets.join(', ')}`);
    });
    for (const name of duplicates(targets)) complain(['publication', 'targets'], `has ${name} twice: a target has a name of its own`);
    key.acknowledgement.forEach(({ group, count }, i) => {
      const members = key.consumers.filter((c) => c.group === group && c.acknowledges === 'required').length;
      if (members === 0) complain(['acknowledgement', i, 'group'], `is ${group}, to which no required consumer belongs`);
      else if (count !== 'all' && count > members) complain(['acknowledgement', i, 'count'], `is ${count}, but ${group} has ${members}: the rotation could never go on`);
    });
    if (key.material !== undefined && key.escrow === undefined) complain(['escrow'], 'is missing: generated material that nobody escrowed is lost for ever with its KMS key');
  });

export const RegisteredKey = z.discriminatedUnion('method', [NewKeyRotation, AsymmetricRotation], { error: 'must be "new-key" or "asymmetric"' });
export type RegisteredKey = z.infer<typeof RegisteredKey>;
export type AsymmetricKey = Extract<RegisteredKey, { method: 'asymmetric' }>;

/** The whole of `rota.yaml`, format version 1. Unknown fields are refused. */
export const Registry = z
  .strictObject({
    version: z.literal(1, { error: 'must be 1, the only format of this file that this release reads' }),
    people: z.array(Person).min(1, 'must hold at least one person'),
    keys: z.array(RegisteredKey),
    exceptions: z.array(Exception).max(1000).optional(),
    automaticRotation: AutomaticRotation.optional(),
    sweep: Sweep.optional(),
    freezes: z.array(Freeze).max(50).optional(),
  })
  .superRefine((registry, context) => {
    const complain = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    const ids = duplicates(registry.people.map((p) => p.id));
    const arns = duplicates(registry.people.map((p) => p.arn));
    registry.people.forEach((person, i) => {
      if (ids.has(person.id)) complain(['people', i, 'id'], `is ${person.id} twice: a person stands here once`);
      if (arns.has(person.arn)) complain(['people', i, 'arn'], `is ${person.arn} twice: one identity is one person`);
    });
    const { freezes = [] } = registry;
    const registered = new Set(registry.keys.map((k) => k.alias));
    const freezeNames = duplicates(freezes.map((f) => f.name));
    freezes.forEach((freeze, i) => {
      if (freezeNames.has(freeze.name)) complain(['freezes', i, 'name'], `is ${freeze.name} twice: a freeze stands here once`);
      freeze.aliases?.forEach((alias, a) => {
        if (!registered.has(alias)) complain(['freezes', i, 'aliases', a], `is ${alias}, which is no key of this file`);
      });
    });
    for (const { alias } of registry.keys)
      for (const stage of FrozenStage.options)
        if (frozenForEver(freezes, { stage, alias })) complain(['freezes'], `hold stage ${stage} of ${alias} for ever`);
    const aliases = duplicates(registry.keys.map((k) => k.alias));
    // An auditor decides nothing, whatever groups they are in.
    const deciders = registry.people.filter((p) => !p.roles.includes('auditor'));
    const membersOf = (group: string): number => deciders.filter((p) => p.groups.includes(group)).length;
    registry.keys.forEach((key, i) => {
      if (key.method === 'asymmetric')
        key.consumers.forEach((consumer, c) => {
          for (const person of consumer.people)
            if (!registry.people.some((p) => p.id === person)) complain(['keys', i, 'consumers', c, 'people'], `names ${person}, who is not among the people`);
        });
      if (aliases.has(key.alias)) complain(['keys', i, 'alias'], `is ${key.alias} twice: a key stands here once`);
      for (const stage of stages) {
        const rule = key.approvals[stage];
        if (rule === undefined) continue;
        const path = ['keys', i, 'approvals', stage];
        const short = rule.all.map((seat, s) => ({ seat, s, members: membersOf(seat.group) })).filter(({ seat, members }) => members < seat.count);
        for (const { seat, s, members } of short) complain([...path, 'all', s], `asks for ${seat.count} of ${seat.group}, which has ${members}: nobody could ever approve`);
        const why = short.length === 0 ? unfillable(rule, deciders) : undefined;
        if (why !== undefined) complain(path, why);
        rule.escalation?.forEach(({ to }, e) => {
          if (membersOf(to) === 0) complain([...path, 'escalation', e, 'to'], `is ${to}, to which nobody belongs`);
        });
      }
    });
  });
export type Registry = z.infer<typeof Registry>;
