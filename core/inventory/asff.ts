import { isoMillis } from '../clock.ts';
import { cut } from '../cut.ts';
import type { Finding } from './finding.ts';
import type { JudgedKey, Standing } from './judge-key.ts';

const labels = { high: 'HIGH', medium: 'MEDIUM', low: 'LOW', notice: 'INFORMATIONAL' } as const satisfies Record<Finding['severity'], string>;
const rank: readonly Finding['severity'][] = ['high', 'medium', 'low', 'notice'];

/** Security Hub has no word for an exception: WARNING, with the exception in the description, is nearest. */
const statuses = { 'in-order': 'PASSED', finding: 'FAILED', excused: 'WARNING', 'not-chased': 'NOT_AVAILABLE' } as const satisfies Record<Standing, string>;

/** The lengths that AWS Security Finding Format allows. */
const longest = { description: 1024, recommendation: 512 } as const;

const sentenceOf = ({ sentence, excused }: Finding): string => (excused === undefined ? sentence : `${sentence} Excused until ${excused.until} by ${excused.owner}: ${excused.reason}`);

/**
 * One finding of Security Hub for a customer managed key, whatever it stands: its id stays the same, so that a key that was put in
 * order closes its own finding. A key that people rotate in time has passed, where scanners that know only automatic rotation fail it.
 * AWS Security Hub User Guide, "AWS Security Finding Format (ASFF)". Undefined for AWS's own keys.
 */
export function asffOf({ arn, key, class: its, standing, findings }: JudgedKey, nowMs: number): Record<string, unknown> | undefined {
  const [, partition = '', , region = '', accountId = ''] = arn.split(':');
  if (its.class === 'aws-managed') return undefined;
  const now = isoMillis(nowMs);
  const worst = standing === 'finding' ? [...findings].filter(({ excused }) => excused === undefined).sort((a, b) => rank.indexOf(a.severity) - rank.indexOf(b.severity))[0] : undefined;
  const { description: d, rotation } = key;
  return {
    SchemaVersion: '2018-10-08',
    Id: `${arn}/rota-renewal`,
    ProductArn: `arn:${partition}:securityhub:${region}:${accountId}:product/${accountId}/default`,
    GeneratorId: 'rota/inventory/renewal',
    AwsAccountId: accountId,
    Types: ['Software and Configuration Checks/AWS Security Best Practices'],
    CreatedAt: now,
    UpdatedAt: now,
    Severity: { Label: worst === undefined ? 'INFORMATIONAL' : labels[worst.severity] },
    Title: 'KMS keys are renewed: by AWS, or by people in time',
    Description: cut(findings.length === 0 ? `The key is ${its.class}, and nothing is to be done.` : findings.map(sentenceOf).join(' '), longest.description),
    ...(worst === undefined ? {} : { Remediation: { Recommendation: { Text: cut(worst.remedy, longest.recommendation) } } }),
    ProductFields: { 'rota/class': its.class, ...(its.class === 'manual' ? { 'rota/why': its.why } : {}), ...(findings.length === 0 ? {} : { 'rota/findings': findings.map(({ name }) => name).join(' ') }) },
    Resources: [
      {
        Type: 'AwsKmsKey',
        Id: arn,
        Partition: partition,
        Region: region,
        Details: {
          AwsKmsKey: {
            AWSAccountId: accountId,
            KeyId: key.keyId,
            KeyManager: 'CUSTOMER',
            ...(d === undefined ? {} : { CreationDate: d.createdMs / 1000, KeyState: d.state, Origin: d.origin }),
            ...(rotation === undefined ? {} : { KeyRotationStatus: rotation.enabled }),
          },
        },
      },
    ],
    Compliance: { Status: statuses[standing] },
    Workflow: { Status: 'NEW' },
    RecordState: its.class === 'pending-deletion' ? 'ARCHIVED' : 'ACTIVE',
  };
}
