import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { asYaml } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { badRegistries, textOf } from '../core/registry/registry-cases.ts';
import { startRota, type Rota } from '../rota.ts';

interface Held {
  readonly head: { readonly revision: number; readonly digest: string };
  readonly registry: Parameters<typeof asYaml>[0];
}
interface Plan {
  readonly holds?: { readonly revision: number };
  readonly digest: string;
  readonly changes: readonly { readonly subject: string; readonly act: string; readonly dangers: readonly string[] }[];
}


/** Writes a file into the folder of the test. */
async function file({ folder }: Rota, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

test('a bad file applies nothing, of whatever kind it is', async () => {
  const rota = await startRota();
  await rota.apply();
  const before = await rota.json<Held>('pat', 'registry', 'show');
  for (const bad of badRegistries) {
    const path = await file(rota, 'rota.yaml', textOf(bad));
    for (const act of ['plan', 'apply']) {
      const said = await rota.as('pat', 'registry', act, path);
      expect(said, bad.name).toEqual({ exitCode: 1, out: '', err: `rota: ${bad.says.replaceAll('rota.yaml:', `${path}:`)}\n      Nothing was applied. Mend the file and try again.\n` });
    }
  }
  expect(await rota.json<Held>('pat', 'registry', 'show')).toEqual(before);
});

test('a plan says what an apply changes and what to think about twice; what is exported applies to the same digest', async () => {
  const rota = await startRota();
  await rota.apply();
  const first = await rota.json<Held>('pat', 'registry', 'show');
  const path = join(rota.folder, 'rota.yaml');
  expect((await rota.as('audrey', 'registry', 'plan', path)).out).toMatch(/^Revision \d+, applied by .*\n.*rota\.yaml says the same: nothing would change\.\n$/);

  const [key] = first.registry.keys;
  const easier = { ...first.registry, keys: key === undefined ? [] : [{ ...key, approvals: { ...key.approvals, cutover: { all: [{ group: 'security', count: 1 }] } } }, { ...key, alias: 'alias/a-second' }] };
  const changed = await file(rota, 'easier.yaml', asYaml(easier));
  const shown = await rota.as('audrey', 'registry', 'plan', changed);
  expect(shown.exitCode).toBe(0);
  expect(shown.out).toContain('~ key alias/payments\n    approvals.cutover: 2 of security -> 1 of security\n  ! The cutover of alias/payments is approved more easily: 2 of security -> 1 of security.\n');
  expect(shown.out).toMatch(/\+ key alias\/a-second\n {4}alias: alias\/a-second\n/);
  expect(shown.out).toMatch(/ {4}escrow\.recoveryCertificates: certificate of CN=Recovery officer \([0-9a-f]{16}\)\n/);
  expect(shown.out).toMatch(/\n2 of people, keys and rules would change; look twice at 1 \(marked !\)\.\n$/);
  const planned = await rota.json<Plan>('audrey', 'registry', 'plan', changed);
  expect(planned.changes.map(({ subject, act, dangers }) => [subject, act, dangers.length])).toEqual([['key alias/payments', 'changed', 1], ['key alias/a-second', 'added', 0]]);
  // It was a plan only.
  expect(await rota.json<Held>('pat', 'registry', 'show')).toEqual(first);

  // The digest is that of the plan, and of what is exported, although the table keeps the keys in another order.
  const seen = String(planned.holds?.revision);
  expect(await rota.json<{ digest: string }>('pat', 'registry', 'apply', changed, '--over', seen)).toMatchObject({ digest: planned.digest, revision: first.head.revision + 1 });
  const late = await rota.as('pat', 'registry', 'apply', path, '--over', seen);
  expect(late).toMatchObject({ exitCode: 1, out: '' });
  expect(late.err).toContain(`Revision ${first.head.revision + 1} of the registry holds, not ${seen}: somebody has applied another since.`);
  const exported = await rota.as('pat', 'registry', 'export');
  expect(exported.err).toBe('');
  const again = await file(rota, 'exported.yaml', exported.out);
  expect(await rota.json<Plan>('pat', 'registry', 'plan', again)).toMatchObject({ digest: planned.digest, changes: [] });
  expect(await rota.json('pat', 'registry', 'apply', again)).toMatchObject({ digest: planned.digest });
  expect((await rota.as('audrey', 'registry', 'apply', again)).err).toContain('is an auditor and so may not');
});

test('a proposal has an entry for every key that people must rotate, keeps what there is, and is refused until somebody has decided', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await makeImportedKey(rota.kms, 'alias/ledger');
  const make = async (input: CreateKeyCommandInput, alias?: string) => {
    const { KeyMetadata } = await rota.kms.send(new CreateKeyCommand(input));
    if (alias !== undefined) await rota.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
    return KeyMetadata?.Arn ?? '';
  };
  await make({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'alias/signing');
  await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'alias/macs');
  await make({}, 'alias/rotated-by-aws');
  await make({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, 'alias/excused');
  const nameless = await make({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  await rota.apply((r) => ({ ...r, exceptions: [{ key: 'alias/excused', owner: 'security', reason: 'goes at the end of the year', until: '2999-12-31' }] }));
  const held = await readFile(join(rota.folder, 'rota.yaml'), 'utf8');
  const mine = await file(rota, 'mine.yaml', `# ours\n${held}`);

  const proposed = await rota.as('pat', 'registry', 'init', '--registry', mine);
  expect(proposed.exitCode).toBe(0);
  expect(proposed.err).toBe(`rota: ${nameless} has no alias: give it one, or record an exception\nrota: 3 entries proposed; \`rota registry plan\` says what is still to be decided\n`);
  expect(proposed.out).toMatch(/^# ours\n/);
  expect([...proposed.out.matchAll(/alias: (alias\S+)\n.*\n {4}method: (\S+)/g)].map(([, alias, method]) => [alias, method])).toEqual([
    ['alias/payments', 'new-key'],
    ['alias/ledger', 'new-key'],
    ['alias/macs', 'asymmetric'],
    ['alias/signing', 'asymmetric'],
  ]);
  expect(proposed.out).toMatch(/# arn:aws:kms:eu-central-1:\d{12}:key\/\S+: ECC_NIST_P256 SIGN_VERIFY AWS_KMS, made \d{4}-\d\d-\d\d\n/);

  // Each thing to decide is one fault, with its line: nothing of it can be applied by accident.
  const draft = await file(rota, 'draft.yaml', proposed.out);
  const refused = await rota.as('pat', 'registry', 'apply', draft);
  expect(refused.exitCode).toBe(1);
  const undecided = proposed.out.split('\n').flatMap((line, i) => [...line.matchAll(/TODO|""/g)].map(() => i + 1));
  const told = [...refused.err.matchAll(/draft\.yaml:(\d+) /g)].map((m) => Number(m[1]));
  expect(new Set(told)).toEqual(new Set(undecided));
  expect(refused.err.split('\n').filter((line) => line.includes('draft.yaml:') && !line.includes(' is still to be decided: '))).toEqual([]);
  // A second look at a half-filled file adds nothing.
  expect((await rota.as('pat', 'registry', 'init', '--registry', draft)).out).toBe(proposed.out);
  // Without a file, the registry that holds is what there is.
  expect((await rota.json<{ proposed: { alias: string }[] }>('pat', 'registry', 'init')).proposed.map((p) => p.alias)).toEqual(['alias/ledger', 'alias/macs', 'alias/signing']);
});
