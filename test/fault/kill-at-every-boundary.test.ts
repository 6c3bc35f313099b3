import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person, RegisteredKey } from '../../core/registry/registry-schema.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry, tokensKey, type Place } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { recovery, type Status } from '../rota.ts';
import { buildProgram, killAtEach, kmsOf, start, stop, type Scenario } from './killing.ts';

/**
 * P6: `rota local` is killed with SIGKILL around each write to the ledger and after each change of a key or a target, in the
 * middle of a rotation; started again it finishes, with exactly one successor key. The boundaries are counted in a run without
 * a kill, so that a new task is covered when it is added.
 */
let work: string;
let program: string;
let template: string;

const bucket = 'rota-published-keys';

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'rota-kill-'));
  program = await buildProgram();
  template = join(work, 'template');
  const rota = await start(program, template);
  const kms = kmsOf(rota.place);
  await makeImportedKey(kms, 'alias/payments');
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
  kms.destroy();
  const s3 = new S3Client({ endpoint: rota.place.url, region: rota.place.region, credentials: credentialsOf(rota.place, 'pat'), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  s3.destroy();
  await register(rota.place);
  await stop(rota);
}, 60_000);

afterAll(async () => {
  await rm(work, { recursive: true, force: true });
  await rm(program, { force: true });
});

async function register(place: Place): Promise<void> {
  const file = join(work, 'rota.yaml');
  const { people } = (await jsonAs<{ registry: { people: Person[] } }>(place, 'pat', 'registry', 'show')).registry;
  const { keys, ...registry } = paymentsRegistry(people, recovery.certificatePem, place.accountId);
  const targets: Parameters<typeof tokensKey>[0] = [
    { name: 'jwks', kind: 's3', bucket, prefix: '' },
    { name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' },
  ];
  const tokens: RegisteredKey = tokensKey(targets, place.accountId, {
    consumers: [{ name: 'gateway', contact: 'gina@bank.example', group: 'consumers', target: 'jwks', acknowledges: 'required', deadlineDays: 14, people: ['gina'] }],
    acknowledgement: [],
  });
  await writeFile(file, asYaml({ ...registry, keys: [...keys, tokens] }));
  await jsonAs(place, 'pat', 'registry', 'apply', file);
}

const ledgerWrites = ['PutItem', 'UpdateItem', 'DeleteItem'].map((o) => ['dynamodb', o] as const);
const keyChanges = ['CreateKey', 'ImportKeyMaterial', 'UpdateAlias', 'PutKeyPolicy', 'TagResource'].map((o) => ['kms', o] as const);

const rotation = (workflow: string, alias: string): Pick<Scenario, 'workflow' | 'alias' | 'begin'> => ({
  workflow,
  alias,
  begin: (place) => as(place, 'carol', 'rotate', alias, '--reason', 'yearly rotation'),
});

test('killed at every boundary, a BYOK rotation finishes with exactly one successor', { timeout: 600_000 }, async () => {
  const scenario: Scenario = { program, template, ...rotation('byok-rotation', 'alias/payments'), boundaries: [...ledgerWrites, ...keyChanges], attend: () => Promise.resolve() };
  const { boundaries, wrong } = await killAtEach(scenario, join(work, 'byok'), (service) => (service === 'kms' ? ['crash-after'] : ['crash-before', 'crash-after']));
  expect(wrong).toEqual([]);
  expect(boundaries).toBeGreaterThan(60);
});

test('killed at every boundary, an asymmetric rotation finishes with exactly one successor', { timeout: 900_000 }, async () => {
  const attend: Scenario['attend'] = async (place, { rotationId, rollover, waits }) => {
    if (waits.some((w) => w.name === 'acknowledgements')) await as(place, 'gina', 'ack', rotationId, '--consumer', 'gateway', '--thumbprint', rollover?.newThumbprint ?? '');
    else await as(place, 'pat', 'clock', 'advance', '12h');
  };
  const boundaries = [...ledgerWrites, ...keyChanges, ['s3', 'PutObject'] as const, ['ssm', 'PutParameter'] as const];
  const result = await killAtEach({ program, template, ...rotation('asymmetric-rotation', 'alias/tokens'), boundaries, attend }, join(work, 'asymmetric'), () => ['crash-after']);
  expect(result.wrong).toEqual([]);
  expect(result.boundaries).toBeGreaterThan(70);
});

/** A data folder in which the rotation of `alias/payments` is over, and its old key kept. */
async function rotated(folder: string): Promise<string> {
  await cp(template, folder, { recursive: true });
  const rota = await start(program, folder);
  const { rotationId } = await jsonAs<{ rotationId: string }>(rota.place, 'carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation');
  for (;;) {
    const { status, oldKeyId = '', waitingFor } = await jsonAs<Status>(rota.place, 'carol', 'status', rotationId);
    for (const question of waitingFor) for (const id of ['alice', 'bob']) await as(rota.place, id, 'approve', question, '--reason', 'agreed');
    if (status !== 'SUCCEEDED') continue;
    await stop(rota);
    return oldKeyId;
  }
}

test('killed at every boundary, a retirement disables the key once, and leaves it locked', { timeout: 900_000 }, async () => {
  const ready = join(work, 'rotated');
  const keyId = await rotated(ready);
  const scenario: Scenario = {
    program,
    template: ready,
    alias: 'alias/payments',
    workflow: 'retire',
    begin: (place) => as(place, 'carol', 'retire', keyId, '--reason', 'followed a year ago'),
    boundaries: [...ledgerWrites, ['kms', 'PutKeyPolicy'], ['kms', 'DisableKey'], ['s3', 'PutObject']],
    attend: async (place, { waits }) => {
      if (waits.length > 0) await as(place, 'pat', 'clock', 'advance', '31d');
    },
  };
  const { boundaries, wrong } = await killAtEach(scenario, join(work, 'retire'), () => ['crash-after']);
  expect(boundaries).toBeGreaterThan(40);
  expect(wrong).toEqual([]);
});
