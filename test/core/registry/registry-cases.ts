import { makeRecoveryCertificate } from '../../../demo/recovery-certificate.ts';

const { certificatePem } = makeRecoveryCertificate('Recovery officer');
const indentedPem = certificatePem.trimEnd().split(/\r?\n/).map((line) => `            ${line}`).join('\n');

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

/** What an edit of the good file must say: `from` is replaced by `to`, and where one line is not enough `also` the rest. */
export const badRegistries: readonly { name: string; from: string; to: string; also?: readonly (readonly [string, string])[]; says: string }[] = [
  { name: 'unknown version', from: 'version: 1', to: 'version: 2', says: 'rota.yaml:1 version must be 1, the only format of this file that this release reads' },
  { name: 'unknown field', from: '    owner: payments-owners', to: '    ownr: payments-owners', says: 'rota.yaml:19 keys[0].owner is missing: give a string\nrota.yaml:19 keys[0] has a field that Rota does not know: ownr' },
  { name: 'AWS alias', from: 'alias/payments', to: 'alias/aws/s3', says: 'rota.yaml:19 keys[0].alias must be "alias/" and letters, digits, "/", "_", "-"; "alias/aws/" belongs to AWS' },
  { name: 'warning longer than the period', from: 'warningDays: 30', to: 'warningDays: 400', says: 'rota.yaml:24 keys[0].schedule.warningDays is 400, but the key is due every 365 days: use fewer days than that' },
  { name: 'period in words', from: 'cryptoperiodDays: 365', to: 'cryptoperiodDays: one year', says: 'rota.yaml:23 keys[0].schedule.cryptoperiodDays is "one year": write whole days, such as 365' },
  { name: 'quorum beyond the group', from: 'count: 2', to: 'count: 3', says: 'rota.yaml:30 keys[0].approvals.cutover.all[0] asks for 3 of security, which has 2: nobody could ever approve' },
  { name: 'an auditor, who never decides, among the approvers', from: 'roles: [approver]', to: 'roles: [auditor]', says: 'rota.yaml:30 keys[0].approvals.cutover.all[0] asks for 2 of security, which has 1: nobody could ever approve' },
  { name: 'the same identity twice', from: 'user/alice', to: 'user/carol', says: 'rota.yaml:5 people[0].arn is arn:aws:iam::111122223333:user/carol twice: one identity is one person\nrota.yaml:10 people[1].arn is arn:aws:iam::111122223333:user/carol twice: one identity is one person' },
  { name: 'no such role', from: 'roles: [custodian]', to: 'roles: [boss]', says: 'rota.yaml:6 people[0].roles[0] Invalid option: expected one of "custodian"|"approver"|"auditor"|"platform"|"consumer"' },
  { name: 'no certificate', from: '-----BEGIN CERTIFICATE-----', to: '-----BEGIN NOTHING-----', says: 'rota.yaml:35 keys[0].escrow.recoveryCertificates[0] must be an X.509 certificate in PEM with an RSA key of 2048 bits or more' },
  { name: 'a key that stands twice in YAML', from: 'version: 1', to: 'version: 1\nversion: 1', says: 'rota.yaml:2 Map keys must be unique' },
  { name: 'no break-glass role', from: 'arn:aws:iam::111122223333:role/break-glass', to: 'the boss', says: 'rota.yaml:32 keys[0].breakGlassRoleArn is no ARN of an IAM user, role or session' },
  { name: 'a tab in the indentation', from: '    name: Carol', to: '\tname: Carol', says: 'rota.yaml:4 Tabs are not allowed as indentation' },
  {
    name: 'seats for which too few people are left',
    from: '            count: 2\n',
    to: '            count: 1\n          - group: security\n            count: 2\n',
    says: 'rota.yaml:29 keys[0].approvals.cutover asks for 3 people, each for one seat, and nobody is left for security: nobody could ever approve',
  },
  {
    name: 'seats that nobody can fill whoever asks',
    from: '    groups: [custodians]',
    to: '    groups: [custodians, key-owners]\n  - id: bert\n    name: Bert\n    arn: arn:aws:iam::111122223333:user/bert\n    roles: [approver]\n    groups: [key-owners]',
    also: [['group: security\n            count: 2', 'group: key-owners\n            count: 2']],
    says: 'rota.yaml:34 keys[0].approvals.cutover can be filled by no request of any custodian, since whoever asks does not count: name one more person',
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
    says: 'rota.yaml:19 freezes hold stage cutover of alias/payments for ever\nrota.yaml:19 freezes hold stage retire of alias/payments for ever',
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
];
