import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetExecutionHistoryCommand, RedriveExecutionCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { hourMs, startRollover, type Rollover } from '../rollover.ts';
import { startRetirement } from '../retirement.ts';
import { startRota, type Rota, type Status } from '../rota.ts';


function statesOf({ local }: Rota): SFNClient {
  const states = new SFNClient({ endpoint: local.place.url, region: local.place.region, credentials: credentialsOf(local.place, 'pat') });
  onTestFinished(() => states.destroy());
  return states;
}

const arnOf = async (rota: Rota, rotationId: string): Promise<string> => (await rota.json<{ executionArn: string }>('carol', 'status', rotationId)).executionArn;

/** Once the hour of grace is over, Rota looks every few seconds. */
async function closed(rota: Rota, rotationId: string): Promise<Status> {
  await rota.local.embedded.clock.advance(2 * hourMs);
  for (;;) {
    const now = await rota.status(rotationId);
    if (now.dossierSequence !== undefined) return now;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function dossiers(rota: Rota): Promise<unknown> {
  const out = join(rota.folder, 'dossiers');
  await rota.json('audrey', 'dossier', 'get', '--all', '--out', out);
  await rota.json('audrey', 'dossier', 'key', '--out', join(out, 'key.pem'));
  return rota.json('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'));
}

describe('an execution that somebody stops leaves a dossier too', () => {
  test('before the cutover: nothing moved, and another rotation may start', async () => {
    const rota = await startRota();
    const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
    await rota.apply();
    const rotationId = await rota.rotate();
    await rota.question(rotationId);
    const states = statesOf(rota);
    const executionArn = await arnOf(rota, rotationId);
    await states.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'wrong key' }));
    const ended = await closed(rota, rotationId);
    expect(ended).toMatchObject({ status: 'FAILED', error: { name: 'ExecutionStopped' } });
    expect(ended.leftBehind.join()).toContain(ended.newKeyId);
    expect((await rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId).toBe(oldKeyId);
    expect(await dossiers(rota)).toMatchObject({ chain: true, verified: [{ rotationId, outcome: 'failed' }] });
    // A redrive after that moves nothing any more.
    await states.send(new RedriveExecutionCommand({ executionArn }));
    expect(await rota.question(await rota.rotate())).not.toBe('');
    expect((await rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId).toBe(oldKeyId);
  });

  test('while consumers have the new key: it leaves the key set again', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'acknowledgements'));
    expect(r.target.kids()).toHaveLength(2);
    await statesOf(r.rota).send(new StopExecutionCommand({ executionArn: await arnOf(r.rota, rotationId) }));
    const ended = await closed(r.rota, rotationId);
    expect(ended).toMatchObject({ status: 'FAILED', error: { name: 'ExecutionStopped' } });
    expect(r.target.kids()).toHaveLength(1);
  });

  test('while it is closed, which a target that is down may hold up, a redrive moves nothing', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.until(rotationId, (s) => s.waits.some((w) => w.name === 'acknowledgements'));
    const states = statesOf(r.rota);
    const executionArn = await arnOf(r.rota, rotationId);
    await states.send(new StopExecutionCommand({ executionArn }));
    r.target.down = true;
    await r.rota.local.embedded.clock.advance(2 * hourMs);
    await vi.waitUntil(async () => (await r.status(rotationId)).steps.some(({ step }) => step === 'open-wait.hold'), { timeout: 60_000 });
    await states.send(new RedriveExecutionCommand({ executionArn }));
    const types = ['TaskSubmitted', 'TaskFailed', 'ExecutionRedriven'];
    const first = async () => (await states.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1000 }))).events?.map((e) => e.type ?? '').filter((t) => types.includes(t));
    const then = await vi.waitUntil(
      async () => {
        const seen = (await first()) ?? [];
        return seen.indexOf('ExecutionRedriven') > 0 && seen.slice(0, seen.indexOf('ExecutionRedriven')).at(-1);
      },
      { timeout: 60_000 },
    );
    expect(then).toBe('TaskFailed');
    r.target.down = false;
    expect(await closed(r.rota, rotationId)).toMatchObject({ status: 'FAILED' });
    expect(r.target.kids()).toHaveLength(1);
  });

  test('after the cutover: the aliases stay, the old key is kept, and the dossier says what is left', async () => {
    const r = await startRollover();
    const rotationId = await r.start();
    await r.acknowledge(rotationId);
    const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
    await r.rota.approve(ready.waitingFor[0] ?? '');
    const draining = await r.pass(rotationId, (s) => s.waits.some((w) => w.name === 'drain'));
    await statesOf(r.rota).send(new StopExecutionCommand({ executionArn: await arnOf(r.rota, rotationId) }));
    const ended = await closed(r.rota, rotationId);
    expect(ended.status).toBe('SUCCEEDED');
    expect(ended.leftBehind.join()).toContain('what follows the cutover was not finished');
    expect((await r.rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tokens' }))).KeyMetadata?.KeyId).toBe(draining.newKeyId);
    expect(await dossiers(r.rota)).toMatchObject({ chain: true, verified: [{ rotationId, outcome: 'complete' }] });
  });

  describe('in a rollback while the old key drained', () => {
    const begun = (name: string) => (s: Status) => s.steps.some(({ step }) => step === name);
    const rollingBack = async (reach: (r: Rollover, rotationId: string) => Promise<unknown>) => {
      const r = await startRollover();
      const rotationId = await r.start();
      await r.acknowledge(rotationId);
      await r.rota.approve((await r.pass(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
      const { newKeyId } = await r.pass(rotationId, (s) => s.waits.some((w) => w.name === 'drain'));
      await r.rota.json('carol', 'rollback', rotationId, '--reason', 'the partner cannot verify');
      await r.rota.approve((await r.until(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
      await r.until(rotationId, (s) => s.steps.some(({ step, completedAt }) => step === 'publish-keys.introduce.1' && completedAt !== undefined));
      await reach(r, rotationId);
      await statesOf(r.rota).send(new StopExecutionCommand({ executionArn: await arnOf(r.rota, rotationId) }));
      const aliasTarget = async () => (await r.rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tokens' }))).KeyMetadata?.KeyId;
      return { r, rotationId, newKeyId, aliasTarget };
    };

    test('that had proved the old key: it stands, and the dossier says that it was rolled back', async () => {
      const { r, rotationId, aliasTarget } = await rollingBack((at, id) => at.pass(id, begun('stop-key.new.1')));
      const ended = await closed(r.rota, rotationId);
      expect(ended.status).toBe('ROLLED_BACK');
      expect(ended.leftBehind.join()).toContain('The old key serves again, but what follows the rollback was not finished');
      expect(await aliasTarget()).toBe(r.oldKeyId);
      expect(await dossiers(r.rota)).toMatchObject({ chain: true, verified: [{ rotationId, outcome: 'rolled-back' }] });
    });

    test('that had moved the aliases and not proved the old key: they are at the new key again', async () => {
      const { r, rotationId, newKeyId, aliasTarget } = await rollingBack(async (at, id) => {
        await at.rota.json('pat', 'faults', 'add', 'lambda', 'prove-through-alias', '--kind', 'server-error', '--count', '1000');
        // To the end of the wait for KMS, and not to the end of what is tried again after it.
        await at.rota.local.embedded.clock.advance(300_000);
        await at.until(id, (s) => s.steps.some(({ step, completedAt }) => step === 'repoint-aliases.1' && completedAt !== undefined));
      });
      expect(await aliasTarget()).toBe(r.oldKeyId);
      expect((await closed(r.rota, rotationId)).status).toBe('SUCCEEDED');
      expect(await aliasTarget()).toBe(newKeyId);
      expect(await dossiers(r.rota)).toMatchObject({ chain: true, verified: [{ rotationId, outcome: 'complete' }] });
    });
  });

  test('of a retirement: the key is back in use', async () => {
    const r = await startRetirement();
    const rotationId = await r.watched();
    expect(await r.keyState()).toBe('Disabled');
    await statesOf(r.rota).send(new StopExecutionCommand({ executionArn: await arnOf(r.rota, rotationId) }));
    expect(await closed(r.rota, rotationId)).toMatchObject({ status: 'FAILED', error: { name: 'ExecutionStopped' }, leftBehind: [] });
    expect(await r.keyState()).toBe('Enabled');
    expect(await r.policy()).not.toContain('RotaStopped');
    expect(await dossiers(r.rota)).toMatchObject({ chain: true, verified: [{ outcome: 'complete' }, { rotationId, outcome: 'failed' }] });
  });
});
