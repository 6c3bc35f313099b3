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

/** What one edit of the good file must say: `from` is replaced by `to`. */
export const badRegistries: readonly { name: string; from: string; to: string; says: string }[] = [
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
];
