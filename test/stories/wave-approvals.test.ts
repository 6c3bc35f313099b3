import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { Decision } from '../../core/approval/decision.ts';
import type { WaveStatus } from '../../core/wave/wave.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota } from '../rota.ts';

interface Question {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly planDigest: string;
  readonly outcome: string;
  readonly decisions: readonly Decision[];
}

interface Listed {
  readonly listDigest: string;
  readonly questions: readonly Question[];
}

test('an approver reads all plans of a wave, and signs each by itself; one that cannot be signed or has changed keeps back none of the others', { timeout: 240_000 }, async () => {
  const rota = await startRota();
  const aliases = ['alias/k0', 'alias/k1', 'alias/k2'];
  const keyIds: string[] = [];
  for (const alias of aliases) keyIds.push(await makeImportedKey(rota.kms, alias));
  // The last is none of bob's.
  const rules = [{ group: 'security', count: 2 }, { group: 'security', count: 2 }, { group: 'payments-owners', count: 1 }];
  await rota.apply((registry) => ({ ...registry, keys: aliases.flatMap((alias, i) => registry.keys.map((key) => ({ ...key, alias, approvals: { ...key.approvals, cutover: { all: rules.slice(i, i + 1) } } }))) }));
  const { waveId } = await rota.json<WaveStatus>('carol', 'rotate', ...aliases, '--reason', 'yearly', '--canaries', '3');
  const list = (who: string) => rota.json<Listed>(who, 'approvals', '--wave', waveId);
  const listed = async (n: number, who = 'alice'): Promise<Listed> => {
    for (;;) {
      const found = await list(who);
      if (found.questions.length === n) return found;
    }
  };
  const approve = (who: string, ...options: string[]) => rota.as(who, 'approve', '--wave', waveId, '--reason', 'all read, CHG-1', ...options);
  const { listDigest, questions } = await listed(3);
  const shown = (await rota.as('alice', 'approvals', '--wave', waveId)).out;
  for (const [i, alias] of aliases.entries()) expect(shown).toMatch(new RegExp(`^${alias} +cutover +${keyIds[i] ?? ''} +-> +[0-9a-f-]{36} +${questions[i]?.planDigest.slice(0, 16) ?? ''}$`, 'm'));
  expect(shown).toContain(`List digest   ${listDigest}`);

  // Nothing is signed without the digest of just this list.
  for (const options of [[], ['--digest', '0'.repeat(64)]]) {
    const { exitCode, err } = await approve('bob', ...options);
    expect([exitCode, err]).toEqual([1, expect.stringContaining('nothing was signed')]);
  }
  expect((await list('bob')).questions.flatMap((q) => q.decisions)).toEqual([]);
  expect((await rota.as('bob', 'approve', questions[0]?.approvalId ?? '', '--wave', waveId, '--reason', 'both')).exitCode).toBe(2);

  const said = await approve('bob', '--digest', listDigest);
  expect(said.exitCode).toBe(1);
  expect(said.out).toMatch(/^k0-\S+ +signed, still open\nk1-\S+ +signed, still open\nk2-\S+ +not signed +bob is in none of the groups/m);
  const signed = (await list('bob')).questions;
  expect(signed.map((q) => q.decisions.map((d) => [d.person, d.planDigest]))).toEqual([[['bob', questions[0]?.planDigest]], [['bob', questions[1]?.planDigest]], []]);
  // Whoever does it again signs nothing twice.
  expect((await approve('bob', '--digest', listDigest)).out).toMatch(/^k0-\S+ +decided before\nk1-\S+ +decided before\nk2-/);

  // A key changes between: its approval is void and it is asked about again, the others go on.
  const { Policy = '' } = await rota.kms.send(new GetKeyPolicyCommand({ KeyId: keyIds[1], PolicyName: 'default' }));
  const policy = JSON.parse(Policy) as { Statement: object[] };
  policy.Statement.push({ Sid: 'Reports', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:Decrypt', Resource: '*' });
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: keyIds[1], PolicyName: 'default', Policy: JSON.stringify(policy) }));
  expect((await approve('alice', '--digest', listDigest)).exitCode).toBe(1);
  expect((await rota.as('dora', 'approve', questions[2]?.approvalId ?? '', '--reason', 'mine')).exitCode).toBe(0);
  const again = await listed(1);
  expect(again.questions[0]?.rotationId).toBe(questions[1]?.rotationId);
  expect(again.listDigest).not.toBe(listDigest);
  expect((await rota.as('alice', 'approvals', '--wave', waveId)).out).toMatch(/Mind {2}alias\/k1: asked again, round 2: /);
  for (const i of [0, 2]) expect(await rota.ended(questions[i]?.rotationId ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  for (const who of ['alice', 'bob']) expect((await approve(who, '--digest', again.listDigest)).exitCode).toBe(0);
  expect(await rota.ended(questions[1]?.rotationId ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  expect((await rota.as('alice', 'approvals', '--wave', waveId)).out).toBe(`No question of ${waveId} is open.\n`);
});
