import assert from 'node:assert/strict';
import { test } from 'vitest';
import { materialFingerprint } from '../../../core/material/fingerprint.ts';
import { keyFile } from './vectors.ts';

// printf 'Rota.test.secret,.not.for.use:.S' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf 'rota/material-fingerprint/v1\0ROTATION' | xxd -p | tr -d '\n')
const vectors = [
  { rotationId: 'payments-20261124T145423-9f3c', fingerprint: '4252905fadd67a7171e2a381fde66cbde59e98d06697199bf04399443cc3a818' },
  { rotationId: 'payments-20261124T145423-9f3d', fingerprint: 'dba66b0e2dbb77434d5b964beefead3fc9e82a38d0e94967240480eafdfd559d' },
];
for (const { rotationId, fingerprint } of vectors)
  test(`of ${rotationId} is what openssl makes`, () => assert.equal(materialFingerprint(rotationId, keyFile('SYMMETRIC_DEFAULT')), fingerprint));

test('leaves the material as it was', () => {
  const material = keyFile('SYMMETRIC_DEFAULT');
  materialFingerprint('r', material);
  assert.deepEqual(material, keyFile('SYMMETRIC_DEFAULT'));
});
