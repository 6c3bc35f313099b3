import { makeRecoveryCertificate } from '../../../demo/recovery-certificate.ts';

const { certificatePem } = makeRecoveryCertificate('Recovery officer');
const indented = (pem: string): string => pem.trimEnd().split(/\r?\n/).map((line) => `            ${line}`).join('\n');
const indentedPem = indented(certificatePem);

/** A certificate over an elliptic curve: nobody can encrypt to it. Made for this test by `openssl req -x509 -newkey ec`, its key thrown away. */
const ecCertificatePem = `-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUB7L0E05THnDfHKYyg6WPAoMf5cgwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIRWxsaXB0aWMwIBcNMjYxMTI3MDUwNjI1WhgPMjEyNjExMDMw
NTA2MjVaMBMxETAPBgNVBAMMCEVsbGlwdGljMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAETgWg6iP+72OQ9mB4PsCuqcTg6XLxvWtcfnIFCRfSwHuCFenum6BIwkFU
UOjrjqicoqhhtIKREDeUqHCIhjVLB6NTMFEwHQYDVR0OBBYEFGCxnlzr17iC9jwF
AWVN269D8DtpMB8GA1UdIwQYMBaAFGCxnlzr17iC9jwFAWVN269D8DtpMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhALIC69fqneZqmySA8cYqV6gg
lP1FwSRi8tqxdIA0DrwBAiAHhPVSYwYrlE5KAckXoTeqyrF+qpyV/6+yPr50BT0h
bg==
-----END CERTIFICATE-----`;

/** A registry file that is right; each bad case changes one line of it. */
export const goodRegistry = `version: 1
people:
  - id: carol
    name: Carol
    arn: arn:aws:iam::111122223333:user/carol
    roles: [custodian]
    groups: [custodians]
  - id: alice
    name: Alice
    arn: arn:aws:iam::111122223333:user/alice
    roles: [approver]
    groups: [security]
  - id: bob
    name: Bob
    arn: arn:aws:sts::111122223333:assumed-role/Security/bob@bank.example
    roles: [approver]
    groups: [security]
keys:
  - alias: alias/payments
    owner: payments-owners
    method: new-key
    schedule:
      cryptoperiodDays: 365
      warningDays: 30
    material:
      source: generated
    approvals:
      cutover:
        all:
          - group: security
            count: 2
    breakGlassRoleArn: arn:aws:iam::111122223333:role/break-glass
    escrow:
      recoveryCertificates:
        - |
${indentedPem}
`;

/** Registered keys whose public half others hold, each wrong in one place; they stand in front of the good key, from line 19 on. */
const tokens = (from = 'x', to = 'x'): string =>
  `keys:
  - alias: alias/tokens
    owner: identity-team
    method: asymmetric
    schedule: { cryptoperiodDays: 365 }
    rollover: { propagationSeconds: 300, cacheTtlSeconds: 3600, longestLifetimeSeconds: 43200 }
    publication:
      targets:
        - { name: jwks, kind: ssm, parameter: /rota/published/tokens }
    consumers:
      - { name: gateway, contact: gina@bank.example, target: jwks, acknowledges: required }
    approvals:
      cutover: { all: [{ group: security, count: 1 }] }
    breakGlassRoleArn: arn:aws:iam::111122223333:role/break-glass
`.replace(from, to);

/** The same without a fault: the cases above it are wrong for the reason they say. */
export const goodWithTokens = goodRegistry.replace('keys:\n', tokens());

interface BadRegistry {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Further edits, where one is not enough. */
  readonly also?: readonly (readonly [string, string])[];
  readonly says: string;
}

/** The text of a bad file. Throws where the good file has nothing to edit, so that no case tests something else than it says. */
export function textOf({ from, to, also = [] }: BadRegistry): string {
  return [[from, to] as const, ...also].reduce((text, [before, after]) => {
    if (!text.includes(before)) throw new Error(`the good file has no ${before}`);
    return text.replace(before, () => after);
  }, goodRegistry);
}

/** Every kind of bad file, with all that is said of it. */
export const badRegistries: readonly BadRegistry[] = [
  { name: 'unknown version', from: 'version: 1', to: 'version: 2', says: 'rota.yaml:1 version must be 1, the only format of this file that this release reads' },
  { name: 'unknown field', from: '    owner: payments-owners', to: '    ownr: payments-owners', says: 'rota.yaml:19 keys[0].owner is missing: give a string\nrota.yaml:20 keys[0].ownr is no field that Rota knows' },
  { name: 'AWS alias', from: 'alias/payments', to: 'alias/aws/s3', says: 'rota.yaml:19 keys[0].alias must be "alias/" and letters, digits, "/", "_", "-"; "alias/aws/" belongs to AWS' },
  { name: 'warning longer than the period', from: 'warningDays: 30', to: 'warningDays: 400', says: 'rota.yaml:24 keys[0].schedule.warningDays is 400, but the key is due every 365 days: use fewer days than that' },
  { name: 'period in words', from: 'cryptoperiodDays: 365', to: 'cryptoperiodDays: one year', says: 'rota.yaml:23 keys[0].schedule.cryptoperiodDays is "one year": write whole days, such as 365' },
  { name: 'quorum beyond the group', from: 'count: 2', to: 'count: 3', says: 'rota.yaml:30 keys[0].approvals.cutover.all[0] asks for 3 of security, which has 2: nobody could ever approve' },
  { name: 'an auditor, who never decides, among the approvers', from: 'roles: [approver]', to: 'roles: [auditor]', says: 'rota.yaml:30 keys[0].approvals.cutover.all[0] asks for 2 of security, which has 1: nobody could ever approve' },
  { name: 'the same identity twice', from: 'user/alice', to: 'user/carol', says: 'rota.yaml:5 people[0].arn is arn:aws:iam::111122223333:user/carol twice: one identity is one person\nrota.yaml:10 people[1].arn is arn:aws:iam::111122223333:user/carol twice: one identity is one person' },
  { name: 'no such role', from: 'roles: [custodian]', to: 'roles: [boss]', says: 'rota.yaml:6 people[0].roles[0] is "boss": give one of custodian, approver, auditor, platform, consumer' },
  { name: 'no certificate', from: '-----BEGIN CERTIFICATE-----', to: '-----BEGIN NOTHING-----', says: 'rota.yaml:35 keys[0].escrow.recoveryCertificates[0] must be an X.509 certificate in PEM with an RSA key of 2048 bits or more' },
  { name: 'a key that stands twice in YAML', from: 'version: 1', to: 'version: 1\nversion: 1', says: 'rota.yaml:2 Map keys must be unique' },
  { name: 'no break-glass role', from: 'arn:aws:iam::111122223333:role/break-glass', to: 'the boss', says: 'rota.yaml:32 keys[0].breakGlassRoleArn must be the ARN of an IAM user, role or session' },
  { name: 'a tab in the indentation', from: '    name: Carol', to: '\tname: Carol', says: 'rota.yaml:4 Tabs are not allowed as indentation' },
  {
    name: 'seats for which too few people are left',
    from: '            count: 2\n',
    to: '            count: 1\n          - group: security\n            count: 2\n',
    says: 'rota.yaml:28 keys[0].approvals.cutover asks for 3 people, each for one seat, and nobody is left for security: nobody could ever approve',
  },
  {
    name: 'seats that nobody can fill whoever asks',
    from: '    groups: [custodians]',
    to: '    groups: [custodians, key-owners]\n  - id: bert\n    name: Bert\n    arn: arn:aws:iam::111122223333:user/bert\n    roles: [approver]\n    groups: [key-owners]',
    also: [['group: security\n            count: 2', 'group: key-owners\n            count: 2']],
    says: 'rota.yaml:33 keys[0].approvals.cutover can be filled by no request of any custodian, since whoever asks does not count: name one more person',
  },
  {
    name: 'an escalation of a group that is not asked',
    from: '            count: 2\n',
    to: '            count: 2\n        escalation:\n          - { group: owners, to: custodians, afterSeconds: 3600 }\n',
    says: 'rota.yaml:33 keys[0].approvals.cutover.escalation[0].group is owners, but the rule asks security',
  },
  {
    name: 'an escalation to nobody',
    from: '            count: 2\n',
    to: '            count: 2\n        escalation:\n          - { group: security, to: leads, afterSeconds: 3600 }\n',
    says: 'rota.yaml:33 keys[0].approvals.cutover.escalation[0].to is leads, to which nobody belongs',
  },
  {
    name: 'an escalation that comes after the silence has closed the question',
    from: '            count: 2\n',
    to: '            count: 2\n        escalation:\n          - { group: security, to: custodians, afterSeconds: 259200 }\n',
    says: 'rota.yaml:33 keys[0].approvals.cutover.escalation[0].afterSeconds is 259200, but after 259200 s of silence the question closes (heartbeatSeconds)',
  },
  {
    name: 'a reminder before the question is there',
    from: '    breakGlassRoleArn:',
    to: '      remindBeforeSeconds: [604800]\n    breakGlassRoleArn:',
    says: 'rota.yaml:32 keys[0].approvals.remindBeforeSeconds[0] is 604800, but a question is open for 604800 s in all',
  },
  {
    name: 'an offset in place of a zone',
    from: 'keys:\n',
    to: 'freezes:\n  - { name: x, reason: closing, timeZone: "+01:00", weekly: { days: [friday], from: "18:00", to: "06:00" } }\nkeys:\n',
    says: 'rota.yaml:19 freezes[0].timeZone must be an IANA time zone such as Europe/Berlin',
  },
  {
    name: 'a freeze of a key that is not there',
    from: 'keys:\n',
    to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, aliases: [alias/other], weekly: { days: [friday], from: "18:00", to: "06:00" } }\nkeys:\n',
    says: 'rota.yaml:19 freezes[0].aliases[0] is alias/other, which is no key of this file',
  },
  {
    name: 'a freeze without end',
    from: 'keys:\n',
    to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, monthly: { fromDay: 1, from: "00:00", toDay: 1, to: "00:00" } }\nkeys:\n',
    says: 'rota.yaml:18 freezes hold stage cutover of alias/payments for ever\nrota.yaml:18 freezes hold stage retire of alias/payments for ever',
  },
  {
    name: 'a freeze that ends before it begins',
    from: 'keys:\n',
    to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, once: { from: 2026-12-15T18:00, to: 2026-12-15T06:00 } }\nkeys:\n',
    says: 'rota.yaml:19 freezes[0].once.to is 2026-12-15T06:00, which is not after 2026-12-15T18:00',
  },
  {
    name: 'a freeze without a window',
    from: 'keys:\n',
    to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC }\nkeys:\n',
    says: 'rota.yaml:19 freezes[0] must have one of once, weekly, monthly',
  },
  { name: 'an empty file', from: goodRegistry, to: '', says: 'rota.yaml:1 the file is empty: give fields with their values' },
  { name: 'a list in place of fields', from: goodRegistry, to: '- version: 1\n', says: 'rota.yaml:1 the file is a list: give fields with their values' },
  { name: 'two documents', from: 'keys:\n', to: '---\nkeys:\n', says: 'rota.yaml:18 begins a second document: one file holds one registry' },
  { name: 'a bracket that nobody closes', from: 'roles: [custodian]', to: 'roles: [custodian', says: 'rota.yaml:7 Flow sequence in block collection must be sufficiently indented and end with a ]' },
  { name: 'a reference to nothing', from: 'roles: [custodian]', to: 'roles: *all', says: 'rota.yaml:6 names *all, but no &all stands before it' },
  { name: 'a bomb of references', from: goodRegistry, to: ['a: &a [x,x,x,x,x,x,x,x,x,x]', 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]', 'c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]', ''].join('\n'), says: 'rota.yaml:1 repeats its parts by * too often: write them out' },
  { name: 'a field left empty', from: 'owner: payments-owners', to: 'owner:', says: 'rota.yaml:20 keys[0].owner is empty: give a string' },
  { name: 'a word where a list belongs', from: 'roles: [custodian]', to: 'roles: custodian', says: 'rota.yaml:6 people[0].roles is "custodian": give a list' },
  { name: 'a number where text belongs', from: 'name: Carol', to: 'name: 7', says: 'rota.yaml:4 people[0].name is 7: give a string' },
  { name: 'a fault behind a reference is told where it stands', from: 'roles: [custodian]', to: 'roles: &r [boss]', also: [['roles: [approver]', 'roles: *r']], says: ['rota.yaml:6 people[0].roles[0] is "boss"', 'rota.yaml:6 people[1].roles[0] is "boss"'].map((s) => `${s}: give one of custodian, approver, auditor, platform, consumer`).join('\n') },
  { name: 'a period that nobody has decided', from: 'cryptoperiodDays: 365', to: 'cryptoperiodDays: TODO', says: 'rota.yaml:23 keys[0].schedule.cryptoperiodDays is still to be decided: write whole days, such as 365' },
  { name: 'an owner whom nobody has named', from: 'owner: payments-owners', to: 'owner: TODO', says: 'rota.yaml:20 keys[0].owner is still to be decided: must be 1 to 63 of lowercase letters, digits, ".", "_", "-"' },
  { name: 'a role of a person that nobody has decided', from: 'roles: [custodian]', to: 'roles: [TODO]', says: 'rota.yaml:6 people[0].roles[0] is still to be decided: give one of custodian, approver, auditor, platform, consumer' },
  { name: 'a name left empty', from: 'name: Carol', to: 'name: ""', says: 'rota.yaml:4 people[0].name is still to be decided: must have at least 1 character' },
  { name: 'no period', from: '      cryptoperiodDays: 365\n', to: '', says: 'rota.yaml:22 keys[0].schedule.cryptoperiodDays is missing: give a whole number' },
  { name: 'a person twice', from: 'id: bob', to: 'id: alice', says: 'rota.yaml:8 people[1].id is alice twice: a person stands here once\nrota.yaml:13 people[2].id is alice twice: a person stands here once' },
  { name: 'a key twice', from: 'keys:\n', to: tokens('alias/tokens', 'alias/payments'), says: 'rota.yaml:19 keys[0].alias is alias/payments twice: a key stands here once\nrota.yaml:32 keys[1].alias is alias/payments twice: a key stands here once' },
  { name: 'a method that is not there', from: 'method: new-key', to: 'method: in-place', says: 'rota.yaml:21 keys[0].method must be "new-key" or "asymmetric"' },
  { name: 'an approver too few and a seat of nobody', from: 'count: 2', to: 'count: 0', says: 'rota.yaml:31 keys[0].approvals.cutover.all[0].count is 0: give 1 at least' },
  { name: 'a group that is empty', from: 'group: security\n', to: 'group: nobody\n', says: 'rota.yaml:30 keys[0].approvals.cutover.all[0] asks for 2 of nobody, which has 0: nobody could ever approve' },
  { name: 'silence longer than the question', from: '    breakGlassRoleArn:', to: '      heartbeatSeconds: 604800\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].approvals.heartbeatSeconds must be less than timeoutSeconds (Step Functions, HeartbeatSeconds)' },
  { name: 'an emergency weaker than the cutover', from: '    breakGlassRoleArn:', to: '      emergency: { all: [{ group: security, count: 2 }] }\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].approvals.emergency must ask for more people than the cutover: it skips the waits that protect everybody else' },
  { name: 'a retirement longer than a year', from: '    breakGlassRoleArn:', to: '    retirement: { denySeconds: 20000000, watchSeconds: 20000000 }\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].retirement adds up to more than 300 days: an execution may last one year, and people must have time to approve' },
  { name: 'quiet for a moment', from: '    breakGlassRoleArn:', to: '    adoption: { quietSeconds: 3600 }\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].adoption.quietSeconds is 3600: give 86400 at least' },
  { name: 'quiet for longer than CloudTrail tells', from: '    breakGlassRoleArn:', to: '    adoption: { quietSeconds: 7776000 }\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].adoption.quietSeconds is 7776000: give 7689600 at most' },
  { name: 'quiet or a finding after more than a year', from: '    breakGlassRoleArn:', to: '    adoption: { quietSeconds: 7689600, overdueAfterSeconds: 20000000 }\n    breakGlassRoleArn:', says: 'rota.yaml:32 keys[0].adoption adds up to more than 300 days: an execution may last one year' },
  { name: 'a certificate that nobody can encrypt to', from: indentedPem, to: indented(ecCertificatePem), says: 'rota.yaml:35 keys[0].escrow.recoveryCertificates[0] must be an X.509 certificate in PEM with an RSA key of 2048 bits or more' },
  { name: 'escrow to nobody', from: `recoveryCertificates:\n        - |\n${indentedPem}\n`, to: 'recoveryCertificates: []\n', says: 'rota.yaml:34 keys[0].escrow.recoveryCertificates must hold at least one certificate: generated material that nobody escrowed is lost for ever with its KMS key' },
  { name: 'no escrow', from: `    escrow:\n      recoveryCertificates:\n        - |\n${indentedPem}\n`, to: '', says: 'rota.yaml:19 keys[0].escrow is missing: give fields with their values' },
  { name: 'imported material without escrow', from: 'keys:\n', to: tokens('    approvals:', '    material: { source: generated }\n    approvals:'), says: 'rota.yaml:19 keys[0].escrow is missing: generated material that nobody escrowed is lost for ever with its KMS key' },
  { name: 'a consumer of a target that is not there', from: 'keys:\n', to: tokens('target: jwks', 'target: website'), says: 'rota.yaml:28 keys[0].consumers[0].target is website, but the targets are jwks' },
  { name: 'a consumer whose person is unknown', from: 'keys:\n', to: tokens('target: jwks,', 'target: jwks, people: [gina],'), says: 'rota.yaml:28 keys[0].consumers[0].people names gina, who is not among the people' },
  { name: 'more acknowledgements than consumers', from: 'keys:\n', to: tokens('    approvals:', '    acknowledgement: [{ group: consumers, count: 2 }]\n    approvals:'), says: 'rota.yaml:29 keys[0].acknowledgement[0].count is 2, but consumers has 1: the rotation could never go on' },
  { name: 'a target of no kind', from: 'keys:\n', to: tokens('kind: ssm', 'kind: ftp'), says: 'rota.yaml:26 keys[0].publication.targets[0].kind must be "s3", "ssm" or "webhook"' },
  { name: 'a rollover longer than a year', from: 'keys:\n', to: tokens('cacheTtlSeconds: 3600', 'cacheTtlSeconds: 20000000'), says: 'rota.yaml:23 keys[0].rollover adds up to more than 300 days: an execution may last one year (use longestLifetimeSeconds: unbounded for signatures that live longer)' },
  { name: 'an exception without end', from: 'keys:\n', to: 'exceptions:\n  - { key: alias/old, owner: security, reason: "moves to another account" }\nkeys:\n', says: 'rota.yaml:19 exceptions[0].until must be a day such as 2027-06-30' },
  { name: 'an exception without a reason', from: 'keys:\n', to: 'exceptions:\n  - { key: alias/old, owner: security, reason: later, until: 2027-06-30 }\nkeys:\n', says: 'rota.yaml:19 exceptions[0].reason must say why in ten characters or more' },
  { name: 'a sweep of no Region', from: 'keys:\n', to: 'sweep:\n  targets:\n    - { region: Frankfurt }\nkeys:\n', says: 'rota.yaml:20 sweep.targets[0].region must be a Region such as eu-central-1' },
  { name: 'automatic rotation more often than AWS does', from: 'keys:\n', to: 'automaticRotation: { periodDays: 30 }\nkeys:\n', says: 'rota.yaml:18 automaticRotation.periodDays must be 90 days or more' },
  { name: 'a freeze at half past twenty-five', from: 'keys:\n', to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, weekly: { days: [friday], from: "25:30", to: "06:00" } }\nkeys:\n', says: 'rota.yaml:19 freezes[0].weekly.from must be a time of day such as "18:00"' },
  { name: 'a freeze in a zone that is not there', from: 'keys:\n', to: 'freezes:\n  - { name: x, reason: closing, timeZone: Mars/Base, weekly: { days: [friday], from: "18:00", to: "06:00" } }\nkeys:\n', says: 'rota.yaml:19 freezes[0].timeZone must be an IANA time zone such as Europe/Berlin' },
  { name: 'a freeze on the thirtieth of February', from: 'keys:\n', to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, once: { from: 2027-02-30T18:00, to: 2027-03-01T06:00 } }\nkeys:\n', says: 'rota.yaml:19 freezes[0].once.from is no day of the calendar' },
  { name: 'a freeze on the 31st of every month', from: 'keys:\n', to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, monthly: { fromDay: 31, from: "18:00", toDay: 1, to: "06:00" } }\nkeys:\n', says: 'rota.yaml:19 freezes[0].monthly.fromDay must be 1 to 28, or -1 to -28 counted from the end of the month' },
  { name: 'freezes of one name', from: 'keys:\n', to: 'freezes:\n  - { name: x, reason: closing, timeZone: UTC, once: { from: 2027-02-01T18:00, to: 2027-03-01T06:00 } }\n  - { name: x, reason: closing, timeZone: UTC, once: { from: 2028-02-01T18:00, to: 2028-03-01T06:00 } }\nkeys:\n', says: 'rota.yaml:19 freezes[0].name is x twice: a freeze stands here once\nrota.yaml:20 freezes[1].name is x twice: a freeze stands here once' },
];
