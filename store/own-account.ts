import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Names } from './clients.ts';

/** The account that Rota is in: where its own keys are, whoever made them and wherever this runs. */
export async function ownAccount(kms: KMSClient, { decisionKey }: Pick<Names, 'decisionKey'>): Promise<string> {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: decisionKey }));
  return KeyMetadata?.AWSAccountId ?? '';
}
