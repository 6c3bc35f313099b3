import { DescribeKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOver, startRollover } from '../rollover.ts';


test('a signing key rolls over: published, acknowledged, switched, drained, unpublished, with a dossier that verifies', async () => {
  const r = await startRollover();
  const rotationId = await r.start();
  const newKid = await r.acknowledge(rotationId);
  expect(r.target.kids()).toHaveLength(2);
  await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve((await r.status(rotationId)).waitingFor[0] ?? '');
  const ended = await r.pass(rotationId, isOver);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', oldKeyId: r.oldKeyId, leftBehind: [], rollover: { state: 'REMOVED' } });
  expect(r.target.kids()).toEqual([newKid]);
  const { KeyMetadata } = await r.rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tokens' }));
  expect(KeyMetadata?.KeyId).toBe(ended.newKeyId);
  await expect(r.rota.kms.send(new SignCommand({ KeyId: r.oldKeyId, Message: Buffer.from('x'), SigningAlgorithm: 'ECDSA_SHA_256' }))).rejects.toThrow(/explicit deny/i);
  const out = join(r.rota.folder, 'dossiers');
  await r.rota.json('audrey', 'dossier', 'get', '--all', '--out', out);
  await r.rota.json('audrey', 'dossier', 'key', '--out', join(out, 'key.pem'));
  expect(await r.rota.json('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'), '--count', '1')).toMatchObject({ chain: true });
});
