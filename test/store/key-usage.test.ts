import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test } from 'vitest';
import { adoptionOperations } from '../../core/adoption/adoption.ts';
import { makeClients } from '../../store/clients.ts';
import { trailUses } from '../../store/key-usage.ts';
import { admin, region, start } from '../embedded-aws.ts';

const attemptsOfTheSdk = 8;

test('all uses of a key are read at the two lookups a second that CloudTrail answers; whoever was refused once asks no faster than that', { timeout: 60_000 }, async () => {
  const embedded = await start({ quotaScale: 1 });
  const clients = makeClients({ endpoint: embedded.url, region, credentials: admin });
  onTestFinished(() => clients.destroy());
  const { KeyMetadata: { KeyId: keyId = '', Arn: arn = '' } = {} } = await clients.kms.send(new CreateKeyCommand({}));
  for (let n = 0; n < 120; n++) await clients.kms.send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }));
  // Somebody else in the account has just taken what there is.
  const lookup = () => clients.trail.send(new LookupEventsCommand({}));
  await Promise.all([lookup(), lookup()]);
  const before = embedded.throttled();
  const operations = adoptionOperations('ENCRYPT_DECRYPT');
  const { uses, complete } = await trailUses(clients.trail, { keys: [{ keyId, arn }], operations, sinceMs: 0 });
  expect({ complete, uses: uses.length }).toEqual({ complete: true, uses: 120 });
  // Three pages of Encrypt, and one of each other operation: of so many only the first that was refused is refused again.
  expect(operations.length + 2).toBeGreaterThan(attemptsOfTheSdk);
  const refused = embedded.throttled() - before;
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(attemptsOfTheSdk);
});
