import { makePlan } from '../../../core/plan/make-plan.ts';
import type { KeyFacts } from '../../../core/plan/key-facts.ts';
import type { RotationPlan } from '../../../core/plan/plan.ts';
import type { RegisteredKey } from '../../../core/registry/registry-schema.ts';
import { makeRecoveryCertificate } from '../../../demo/recovery-certificate.ts';

const { certificatePem } = makeRecoveryCertificate('Recovery officer');
const keyId = '11111111-1111-4111-8111-111111111111';

export const exampleFacts: KeyFacts = {
  keyId,
  arn: `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`,
  accountId: '111122223333',
  region: 'eu-central-1',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'EXTERNAL',
  keyManager: 'CUSTOMER',
  state: 'Enabled',
  multiRegion: false,
  description: 'Payment data',
  policy: { Version: '2012-10-17', Statement: [{ Sid: 'Root', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' }] },
  tags: { team: 'payments', 'rota:rotation': 'earlier', 'aws:cloudformation:stack-name': 'core' },
  grants: [{ grantId: 'g1', granteePrincipal: 'arn:aws:iam::111122223333:role/app', operations: ['Decrypt', 'Encrypt'] }],
  aliases: ['alias/payments', 'alias/payments-eu'],
};

export const exampleKey: RegisteredKey = {
  alias: 'alias/payments',
  owner: 'payments-owners',
  method: 'new-key',
  schedule: { cryptoperiodDays: 365, warningDays: 30 },
  material: { source: 'generated' },
  escrow: { recoveryCertificates: [certificatePem] },
  approvals: { cutover: { all: [{ group: 'security', count: 2 }] }, timeoutSeconds: 604_800, heartbeatSeconds: 259_200 },
  breakGlassRoleArn: 'arn:aws:iam::111122223333:role/break-glass',
  retirement: { denySeconds: 2_592_000, watchSeconds: 7_776_000 },
};

export const examplePlan = (facts: Partial<KeyFacts> = {}): RotationPlan =>
  makePlan({ rotationId: 'payments-20261124T150000-0001', registered: exampleKey, facts: { ...exampleFacts, ...facts }, requestedBy: 'carol', reason: 'yearly rotation', requestedAt: '2026-11-24T15:00:00Z' });
