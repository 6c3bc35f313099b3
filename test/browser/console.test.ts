import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateGrantCommand, DescribeKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { answerOf, decide, pathOf, post, press, startConsole, textOf, type Console } from './console.ts';

let console_: Console;
const c = (): Console => console_;

beforeAll(async () => {
  console_ = await startConsole();
  await makeImportedKey(c().kms, 'alias/payments');
  await c().apply();
});
afterAll(() => console_.close());

/** The question that a rotation comes to. */
async function askedBy(rotationId: string): Promise<string> {
  for (;;) {
    const [approvalId] = (await c().rota<{ waitingFor: string[] }>('carol', 'status', rotationId)).waitingFor;
    if (approvalId !== undefined) return approvalId;
  }
}

const approvalPath = (approvalId: string): string => `/approvals/${approvalId}`;

test('two people enrol, log in, read the plan and approve by passkey; the dossier verifies offline, with who decided by what', async () => {
  const { rotationId, approvalId } = await c().question();
  const { page } = await c().enter('alice');
  expect(pathOf(page)).toBe('/');
  expect(await textOf(page)).toContain(rotationId);

  await page.goto(c().at(approvalPath(approvalId)));
  const { planDigest, plan } = await c().rota<{ planDigest: string; plan: { aliases: { alias: string; from: string; to: string }[]; materialFingerprint: string } }>('alice', 'approvals', '--show', approvalId);
  const read = await textOf(page);
  for (const fact of [planDigest, plan.materialFingerprint, ...plan.aliases.flatMap((a) => [a.alias, a.from, a.to])]) expect(read).toContain(fact);
  await decide(page, 'approve', 'as in CHG-1234');
  expect(await textOf(page)).toContain('alice has decided already: approve.');

  const { page: second } = await c().enter('bob');
  await second.goto(c().at(approvalPath(approvalId)));
  expect(await textOf(second)).toContain('1 of security');
  await decide(second, 'approve', 'read it, too');
  expect(await textOf(second)).toContain('Approved for rotation');
  expect((await c().ended(rotationId)).status).toBe('SUCCEEDED');

  const out = join(c().folder, 'evidence');
  await mkdir(out);
  await c().rota('audrey', 'dossier', 'get', '--all', '--out', out);
  await c().rota('audrey', 'dossier', 'key', '--out', join(out, 'key.pem'));
  await writeFile(join(out, 'passkeys.json'), JSON.stringify(await c().rota('audrey', 'passkey', 'list', '--all')));
  const insist = ['--key', join(out, 'key.pem'), '--console-origin', c().at('/'), '--passkeys', join(out, 'passkeys.json')];
  const { verified } = await c().rota<{ verified: { decisions: { person: string; identity: string; origin: string }[] }[] }>('audrey', 'dossier', 'verify', out, ...insist);
  expect(verified.at(-1)?.decisions.map((d) => [d.person, d.identity, d.origin])).toEqual(['alice', 'bob'].map((id) => [id, 'passkey', new URL(c().at('/')).origin]));
  await expect(c().rota('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'), '--console-origin', 'https://rota.bank.example')).rejects.toThrow('the passkey of alice signed at http://localhost');
});

test('the session is out of the reach of scripts and of other sites, and ends with a log-out', async () => {
  const { page } = await c().seatOf('alice');
  await page.goto(c().at('/'));
  const [cookie, ...others] = (await page.browserContext().cookies()).filter((k) => k.domain === 'localhost');
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ name: '__Host-rota', httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
  expect(await page.evaluate('document.cookie')).toBe('');
  await press(page, '.reader button');
  expect(pathOf(page)).toBe('/login');
  // The cookie of before opens nothing more, though somebody kept it.
  await page.browserContext().setCookie({ name: '__Host-rota', value: cookie?.value ?? '', domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' });
  await page.goto(c().at('/people'));
  expect(page.url()).toBe(c().at('/login?next=%2Fpeople'));
  await c().logIn('alice');
  expect(pathOf(page)).toBe('/people');
});

test('one refusal by passkey ends the rotation', async () => {
  const { rotationId, approvalId } = await c().question();
  const { page } = await c().seatOf('bob');
  await page.goto(c().at(approvalPath(approvalId)));
  await decide(page, 'refuse', 'not in the freeze');
  expect((await c().ended(rotationId)).status).toBe('FAILED');
  await page.goto(c().at(`/rotations/${rotationId}`));
  expect(await textOf(page)).toContain('bob refused the cutover: not in the freeze');
});

test('a custodian reads what a rotation would do, starts it and asks to roll it back, all without script', async () => {
  const { page } = await c().enter('carol');
  await page.setJavaScriptEnabled(false);
  await page.goto(c().at('/keys'));
  await press(page, 'a[href="/rotate?alias=alias%2Fpayments"]');
  const read = await textOf(page);
  for (const part of ['Rotation of alias/payments', 'What would happen', 'escrowed to 1 certificate', 'whoever starts a rotation does not count']) expect(read).toContain(part);
  await page.type('#start-reason', 'yearly rotation, by console');
  await press(page, 'form[action="/rotate"] button');
  const rotationId = pathOf(page).replace('/rotations/', '');
  expect(await textOf(page)).toContain('yearly rotation, by console');

  const approvalId = await askedBy(rotationId);
  // Whoever started it may not decide, by whatever road.
  await page.goto(c().at(approvalPath(approvalId)));
  expect(await textOf(page)).toContain('carol asked for this');
  // Twice is refused in words, on the page that would start it.
  await page.goto(c().at('/rotate?alias=alias/payments'));
  expect(await textOf(page)).toContain(`It cannot be rotated now. Rotation ${rotationId} is already under way`);
  expect(await page.$('form[action="/rotate"]')).toBeNull();

  for (const id of ['alice', 'bob']) await c().rota(id, 'approve', approvalId, '--reason', 'read it');
  expect((await c().ended(rotationId)).status).toBe('SUCCEEDED');
  await page.goto(c().at(`/rotations/${rotationId}`));
  await page.click('section[aria-labelledby=acts] summary');
  await page.type('#rollback-reason', 'a consumer broke');
  await press(page, `form[action="/rotations/${rotationId}/rollback"] button`);
  expect(pathOf(page)).toMatch(/^\/rotations\/rollback-payments-/);
  const back = pathOf(page).replace('/rotations/', '');
  await c().rota('bob', 'reject', await askedBy(back), '--reason', 'it was not the key');
  await c().ended(back);

  // The key that was put aside: what taking it out of use would do, and the question that asks for it.
  await page.goto(c().at(`/rotations/${rotationId}`));
  await press(page, 'section[aria-labelledby=acts] a[href^="/retire?key="]');
  const retire = await textOf(page);
  for (const part of ['Retirement of old key', 'Kept for', 'Uses of the last 90 days', 'needs it for ever']) expect(retire).toContain(part);
  await page.type('#start-reason', 'nobody uses it any more');
  await press(page, 'form[action="/retire"] button');
  expect(pathOf(page)).toMatch(/^\/rotations\/retire-payments-/);
  const retirement = pathOf(page).replace('/rotations/', '');
  expect(await textOf(page)).toContain('nobody uses it any more');
  await page.goBack();
  await page.reload();
  expect(await textOf(page)).toContain(`It cannot be taken out of use now. Rotation ${retirement} is already under way`);
  expect(await page.$('form[action="/retire"]')).toBeNull();
  await c().rota('bob', 'reject', await askedBy(retirement), '--reason', 'too early');
  await c().ended(retirement);
  await page.setJavaScriptEnabled(true);

  // An approver may read all of it, and start nothing.
  const { page: reader } = await c().seatOf('alice');
  await reader.goto(c().at('/rotate?alias=alias/payments'));
  expect(await textOf(reader)).toContain('Custodians start rotations; you may look.');
  await reader.goto(c().at(`/rotations/${rotationId}`));
  expect(await textOf(reader)).not.toContain('What you can do');
  const { oldKeyId } = await c().rota<{ oldKeyId: string }>('carol', 'status', rotationId);
  await reader.goto(c().at(`/retire?key=${oldKeyId}`));
  expect(await textOf(reader)).toContain('Custodians take old keys out of use; you may look.');
  expect(await reader.$('form[action="/retire"]')).toBeNull();
});

test('an auditor sees everything and decides nothing, also as a member of the group', async () => {
  await c().apply((r) => ({ ...r, people: r.people.map((p) => (p.id === 'audrey' ? { ...p, groups: ['security'] } : p)) }));
  const { approvalId } = await c().question();
  const { page } = await c().enter('audrey');
  for (const path of ['/', '/rotations', '/keys', '/consumers', '/dossiers', '/dossiers/1', '/people']) {
    await page.goto(c().at(path));
    expect(pathOf(page)).toBe(path);
  }
  await page.goto(c().at(approvalPath(approvalId)));
  expect(await page.$('form[data-passkey]')).toBeNull();
  expect(await textOf(page)).toContain('audrey is an auditor and so may not decide');
  const csrf = await page.$eval('input[name=csrf]', (e) => (e as unknown as { value: string }).value);
  const { planDigest } = await c().rota<{ planDigest: string }>('audrey', 'approvals', '--show', approvalId);
  expect((await post(page, `${approvalPath(approvalId)}/challenges`, { csrf, decision: 'approve', reason: 'let me', planDigest })).body.error).toBe('AuditorChangesNothing');
  await expect(c().rota('audrey', 'approve', approvalId, '--reason', 'let me')).rejects.toThrow('an auditor sees everything and changes nothing');
});

/** The fields of the form of a question, as its page has them. */
async function formOf(id: string, approvalId: string) {
  const { page } = await c().seatOf(id);
  await page.goto(c().at(approvalPath(approvalId)));
  const value = (name: string) => page.$eval(`form[data-passkey=decide] input[name=${name}]`, (e) => (e as unknown as { value: string }).value);
  return { page, asked: { csrf: await value('csrf'), planDigest: await value('planDigest'), decision: 'approve', reason: 'read and agreed' } };
}

test('an answer that comes too late, or twice, or without the person, or for another plan counts for nothing', async () => {
  const { approvalId } = await c().question();
  const { page, asked } = await formOf('alice', approvalId);
  const { authenticator } = await c().seatOf('alice');
  const { csrf } = asked;
  const path = approvalPath(approvalId);
  const challenge = async () => (await post(page, `${path}/challenges`, asked)).body;
  const send = async (answer: unknown, to = path) => (await post(page, `${to}/decisions`, { csrf, answer })).body.error;

  const late = await answerOf(page, await challenge());
  await c().clock.advance(3 * 60_000);
  expect(await send(late)).toBe('AssertionExpired');
  expect(await send(late)).toBe('AssertionReplayed');

  await authenticator.setVerified(false);
  await page.type('#reason', 'read and agreed');
  await page.click('button[value=approve]');
  await page.waitForSelector('.message-bad');
  expect(await textOf(page, '[data-message]')).toContain('The passkey was not used');
  await authenticator.setVerified(true);

  expect((await post(page, `${path}/challenges`, { ...asked, planDigest: 'e'.repeat(64) })).body.error).toBe('DigestMismatch');
  expect(await send(await answerOf(page, await challenge()), approvalPath('another'))).toBe('AssertionForAnotherDecision');

  // The passkey of the login is not asked for a decision.
  const login = await answerOf(page, (await post(page, '/login/challenges', {})).body);
  expect(await send(login)).toBe('AssertionInvalid');

  const good = await answerOf(page, await challenge());
  expect(await send(good)).toBeUndefined();
  expect(await send(good)).toBe('AssertionReplayed');
});

test('a plan that changed voids the approval, and the page says so', async () => {
  // Alice has approved it above.
  const { rotationId, approvalId } = await c().question();
  const { page, asked } = await formOf('bob', approvalId);
  const { KeyMetadata } = await c().kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }));
  const { newKeyId } = await c().rota<{ newKeyId: string }>('carol', 'status', rotationId);
  expect(KeyMetadata?.KeyId).not.toBe(newKeyId);
  await c().kms.send(new CreateGrantCommand({ KeyId: newKeyId, GranteePrincipal: `arn:aws:iam::${c().place.accountId}:role/app`, Operations: ['Encrypt'] }));
  await decide(page, 'approve', 'read and agreed');
  for (;;) {
    const { waitingFor } = await c().rota<{ waitingFor: string[] }>('carol', 'status', rotationId);
    const again = waitingFor.find((id) => id !== approvalId);
    if (again === undefined) continue;
    // The old signature is not one on the new plan.
    expect((await post(page, `${approvalPath(again)}/challenges`, asked)).body.error).toBe('DigestMismatch');
    break;
  }
});

test('a page of another site changes nothing, and a form without its token neither', async () => {
  const { approvalId } = await c().question();
  const { page, asked } = await formOf('bob', approvalId);
  const path = `${approvalPath(approvalId)}/challenges`;
  expect((await post(page, path, { ...asked, csrf: 'guessed' })).body.error).toBe('CrossSite');
  expect((await post(page, path, { ...asked, csrf: undefined })).status).toBe(400);

  const evil = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<form method="post" action="${c().at('/logout')}"><input name="csrf" value="${asked.csrf}"></form>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  try {
    // Another site; and the same host at another port, to which the browser does send the cookie.
    for (const host of ['127.0.0.1', 'localhost']) {
      const tab = await page.browserContext().newPage();
      await tab.goto(`http://${host}:${(evil.address() as AddressInfo).port}/`);
      const [answer] = await Promise.all([tab.waitForNavigation(), tab.evaluate('document.forms[0].submit()')]);
      expect([answer?.status(), await textOf(tab)]).toEqual([403, expect.stringContaining('does not come from a page of this console')]);
      await tab.close();
    }
  } finally {
    await new Promise((resolve) => evil.close(resolve));
  }
  // Still logged in: nothing happened.
  await page.goto(c().at('/people'));
  expect(pathOf(page)).toBe('/people');
});

test('a link enrols once', async () => {
  const { url } = await c().rota<{ url: string }>('dora', 'passkey', 'enrol');
  const stranger = await c().stranger();
  const { page } = stranger;
  await page.goto(url);
  await press(page, 'form[data-passkey=enrol] button');
  expect(pathOf(page)).toBe('/login');
  expect([(await page.goto(url))?.status(), await textOf(page)]).toEqual([410, expect.stringContaining('unknown, used already, or out of time')]);
  await stranger.close();
});

test('a session that was left alone ends, and so does one whose passkey was removed', async () => {
  const { page } = await c().logIn('alice');
  await c().clock.advance(16 * 60_000);
  await page.goto(c().at('/keys'));
  expect(pathOf(page)).toBe('/login');
  await c().logIn('alice');
  expect(pathOf(page)).toBe('/keys');
  await c().removePasskeys('alice');
  await page.goto(c().at('/keys'));
  expect(pathOf(page)).toBe('/login');
  await page.click('form[data-passkey=login] button:not([disabled])');
  await page.waitForSelector('.message-bad');
  expect(await textOf(page, '[data-message]')).toContain('was removed');
});
