import { ListAliasesCommand, ListResourceTagsCommand, paginateListKeys } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { WaveStatus } from '../../core/wave/wave.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota, type Rota } from '../rota.ts';

const dayMs = 86_400_000;

interface Question {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly planDigest: string;
}

/** Keys `alias/k0` to `alias/k<n-1>`, each to be approved by one of security. */
async function fleet(rota: Rota, n: number): Promise<string[]> {
  const aliases = Array.from({ length: n }, (_, i) => `alias/k${i}`);
  for (const alias of aliases) await makeImportedKey(rota.kms, alias);
  await rota.apply((registry) => ({
    ...registry,
    keys: aliases.flatMap((alias) => registry.keys.map((key) => ({ ...key, alias, approvals: { ...key.approvals, cutover: { all: [{ group: 'security', count: 1 }] } } }))),
  }));
  return aliases;
}

const wave = (rota: Rota, waveId: string) => rota.json<WaveStatus>('carol', 'wave', waveId);
const open = (rota: Rota) => rota.json<Question[]>('alice', 'approvals');
const decide = (rota: Rota, { approvalId, planDigest }: Question, word: 'approve' | 'reject' = 'approve') => rota.json('alice', word, approvalId, '--reason', 'as in CHG-1234', '--digest', planDigest);

async function until(rota: Rota, waveId: string, reached: (wave: WaveStatus) => boolean, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<WaveStatus> {
  for (;;) {
    await meanwhile();
    const now = await wave(rota, waveId);
    if (reached(now)) return now;
  }
}

/** Approves whatever is asked. */
const approveAll = (rota: Rota) => async (): Promise<void> => {
  for (const question of await open(rota)) await decide(rota, question);
};

/** Until so many questions are open; they are those of what has been started. */
async function questions(rota: Rota, n: number): Promise<Question[]> {
  for (;;) {
    const found = await open(rota);
    if (found.length >= n) return found;
  }
}

/** The keys that rotations have made, and those of them behind no alias. */
async function successors(rota: Rota): Promise<{ made: number; orphans: string[] }> {
  const made: string[] = [];
  for await (const { Keys = [] } of paginateListKeys({ client: rota.kms }, {}))
    for (const { KeyId } of Keys) {
      const { Tags = [] } = await rota.kms.send(new ListResourceTagsCommand({ KeyId })).catch(() => ({ Tags: [] }));
      if (Tags.some((t) => t.TagKey === 'rota:rotation')) made.push(KeyId ?? '');
    }
  const orphans: string[] = [];
  for (const KeyId of made) if (((await rota.kms.send(new ListAliasesCommand({ KeyId }))).Aliases ?? []).length === 0) orphans.push(KeyId);
  return { made: made.length, orphans };
}

test('a wave of what is due: canaries first, then all, inside the quotas, over a restart; two waves at once rotate a key once', async () => {
  const rota = await startRota({ quotaScale: 20 });
  const aliases = await fleet(rota, 12);
  expect(await rota.json('carol', 'rotate', '--due', '--reason', 'yearly')).toEqual({ leftOut: [] });
  await rota.local.embedded.clock.advance(340 * dayMs);
  const { waveId } = await rota.json<WaveStatus>('carol', 'rotate', '--due', '--reason', 'yearly', '--canaries', '2');
  const canaries = await questions(rota, 2);
  expect(await wave(rota, waveId)).toMatchObject({ state: 'canaries', bottleneck: { operation: 'GetParametersForImport', perSecond: 10 }, counts: { waiting: 10, underWay: 2, complete: 0, failed: 0 } });

  // Another wave over some of the same keys, one of them under way.
  const other = await rota.json<WaveStatus & { leftOut: { alias: string }[] }>('dora', 'rotate', ...aliases.slice(0, 4), '--reason', 'me too');
  expect(other.members.map((m) => m.alias).concat(other.leftOut.map((l) => l.alias)).sort()).toEqual(aliases.slice(0, 4));
  expect(other.leftOut.length).toBeGreaterThan(0);

  await rota.restart(() => Promise.resolve());
  expect(await wave(rota, waveId)).toMatchObject({ counts: { complete: 0 } });
  for (const canary of canaries) await decide(rota, canary);
  const end = await until(rota, waveId, (w) => w.state === 'ended', approveAll(rota));
  expect(end.counts).toEqual({ waiting: 0, underWay: 0, complete: 12, failed: 0, skipped: 0 });
  const otherEnd = await until(rota, other.waveId, (w) => w.state === 'ended', approveAll(rota));
  expect(otherEnd.counts.failed).toBe(0);
  // Since the restart: at half of the quotas KMS had nothing to refuse.
  expect(rota.local.embedded.throttled()).toBe(0);
  expect(await successors(rota)).toEqual({ made: 12, orphans: [] });
  expect((await rota.as('carol', 'rotate', '--due', '--reason', 'again')).out).toBe('Nothing is due.\n');
  const followed = await rota.as('carol', 'wave', waveId, '--wait');
  const listed = await rota.as('audrey', 'wave');
  expect(listed.out).toMatch(new RegExp(`^${other.waveId}  ended  .*  dora +\\S+  me too\\n${waveId}  ended  12 complete, 0 under way, 0 not started +carol  \\S+  yearly\\n$`));
  expect(followed).toMatchObject({ exitCode: 0, err: expect.stringContaining('[##############################] 12/12 ended: 12 complete') as string });
});

test('a wave stops when a canary fails, or too many after it; somebody lets it go on; a key that was rotated meanwhile is skipped', async () => {
  const rota = await startRota();
  expect((await rota.as('carol', 'wave')).out).toBe('No wave was ever asked for.\n');
  const aliases = await fleet(rota, 5);
  const { waveId } = await rota.json<WaveStatus>('carol', 'rotate', ...aliases, '--reason', 'new certificates', '--failure-share', '0.4');
  const [canary] = await questions(rota, 1);
  if (canary === undefined) throw new Error('no question');
  expect((await rota.as('carol', 'wave', waveId, '--go-on')).err).toContain(`Wave ${waveId} is not stopped.`);
  expect(canary.rotationId).toBe('k0-s1');
  await decide(rota, canary, 'reject');
  const stopped = await until(rota, waveId, (w) => w.state === 'stopped');
  expect(stopped).toMatchObject({ stopped: { because: 'the canary alias/k0 ended as refused' }, counts: { waiting: 4, failed: 1, underWay: 0 } });
  expect((await rota.as('carol', 'wave', waveId, '--wait')).exitCode).toBe(1);
  expect((await rota.as('carol', 'wave', waveId, '--stop', '--reason', 'enough')).err).toContain(`Wave ${waveId} is stopped already.`);
  expect(await open(rota)).toEqual([]);

  // While it is stopped somebody rotates a key by hand.
  const { rotationId } = await rota.json<{ rotationId: string }>('dora', 'rotate', 'alias/k4', '--reason', 'by hand');
  await decide(rota, { ...(await questions(rota, 1))[0] } as Question);
  await rota.ended(rotationId);

  await rota.json('carol', 'wave', waveId, '--go-on');
  for (const question of await questions(rota, 3)) await decide(rota, question, question.rotationId === 'k2-s1' ? 'approve' : 'reject');
  const end = await until(rota, waveId, (w) => w.counts.underWay === 0 && w.counts.waiting === 0);
  expect(end.counts).toEqual({ waiting: 0, underWay: 0, complete: 1, failed: 3, skipped: 1 });
  expect(end.members.find((m) => m.alias === 'alias/k4')?.why).toMatch(/^it leads to \S+ since, so it has been rotated or moved$/);
  expect((await rota.as('carol', 'wave', waveId, '--stop', '--reason', 'enough')).err).toContain(`Wave ${waveId} is`);
});
