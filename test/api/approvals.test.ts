import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverPending } from '../../api/approvals/deliver.ts';
import { lookAfterQuestions } from '../../api/approvals/look-after.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { requestApproval } from '../../tasks/approval/request-approval.ts';
import { runTask } from '../../tasks/task.ts';
import { startApi, type Answer, type Api } from './harness.ts';
import { addFault, hour, Question } from './questions.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const outcome = ({ status, json }: Answer) => [status, json.outcome ?? json.error];
const sentence = ({ json }: Answer) => json.sentence;

describe('two in the same instant', () => {
  test('who approve: one after the other, and the rotation goes on once', async () => {
    const q = await Question.ask(api);
    const answers = await Promise.all([q.say('alice'), q.say('bob')]);
    expect(answers.map((a) => a.status)).toEqual([200, 200]);
    // The later of the two is told that it is approved; the earlier may have been told that it was still open.
    expect(answers.map((a) => a.json.outcome)).toContain('approved');
    expect(await q.machine()).toBe('approved');
    expect((await q.stored()).decisions.map((d) => d.person).sort()).toEqual(['alice', 'bob']);
    expect((await q.types()).filter((t) => t === 'Decided')).toHaveLength(1);
  });

  test('one approves, one refuses: refused, whoever was first', async () => {
    const q = await Question.ask(api);
    const [approved, refused] = await Promise.all([q.say('alice'), q.say('bob', 'refuse')]);
    expect(outcome(refused)).toEqual([200, 'refused']);
    // Before the refusal it was open, after it closed; alice is told neither that it is approved.
    expect([['200', 'open'], ['200', 'refused'], ['409', 'ApprovalClosed']]).toContainEqual(outcome(approved).map(String));
    expect(await q.machine()).toBe('ApprovalRefused');
    expect((await q.stored()).outcome).toBe('refused');
  });

  test('the same person twice: one decision', async () => {
    const q = await Question.ask(api);
    const answers = await Promise.all([q.say('alice'), q.say('alice', 'refuse')]);
    expect(answers.map((a) => a.status).sort()).toEqual([200, 409]);
    expect(answers.find((a) => a.status === 409)?.json.error).toMatch(/^(AlreadyDecided|ApprovalClosed)$/);
    expect((await q.stored()).decisions).toHaveLength(1);
  });

  test('one more than are needed: the third is told that it is closed', async () => {
    const one = { all: [{ group: 'security', count: 1 }] };
    const q = await Question.ask(api, { start: one });
    const answers = await Promise.all([q.say('alice'), q.say('bob')]);
    expect(answers.map(outcome)).toEqual(expect.arrayContaining([[200, 'approved'], [409, 'ApprovalClosed']]));
    expect(await q.machine()).toBe('approved');
    expect((await q.stored()).decisions).toHaveLength(1);
  });
});

describe('a decision', () => {
  test('twice is told what was decided before', async () => {
    const q = await Question.ask(api);
    await q.say('alice');
    const again = await q.say('alice');
    expect(outcome(again)).toEqual([409, 'AlreadyDecided']);
    expect(sentence(again)).toBe('alice has decided already: approve.');
  });

  test.each([
    ['of whoever asked', 'carol', 'RequesterMayNotApprove'],
    ['of somebody who is not asked', 'gina', 'NotAnApprover'],
  ])('%s is refused', async (_, person, error) => {
    const q = await Question.ask(api);
    expect(outcome(await q.say(person))).toEqual([403, error]);
    expect((await q.stored()).decisions).toEqual([]);
  });

  test.each(['agreed \u202ednim reven', 'agreed \u001b[2K\rGrants none'])('for a reason that hides something is refused: %j', async (reason) => {
    const q = await Question.ask(api);
    const said = await api.post('alice', `/api/approvals/${q.approvalId}/decisions`, { decision: 'approve', reason, planDigest: q.digest });
    expect(outcome(said)).toEqual([400, 'BadRequest']);
    expect(sentence(said)).toContain('reason has a character that nobody sees');
  });

  test('has its reason in one line, since whoever reads it next to others must see where it ends', async () => {
    const q = await Question.ask(api);
    await api.post('alice', `/api/approvals/${q.approvalId}/decisions`, { decision: 'approve', reason: 'read and agreed\nbob: approve', planDigest: q.digest });
    expect((await q.stored()).decisions[0]?.reason).toBe('read and agreed bob: approve');
  });

  test('under a second name that the registry has given them since is refused', async () => {
    const q = await Question.ask(api);
    await q.say('alice');
    const { registry } = api.deps.store;
    const before = await registry.whole();
    await registry.apply({ ...before, people: before.people.map((p) => (p.id === 'alice' ? { ...p, id: 'alicia' } : p)) }, 'test', '2026-11-24T12:00:00Z');
    const again = await q.say('alice');
    await registry.apply(before, 'test', '2026-11-24T12:00:00Z');
    expect(outcome(again)).toEqual([409, 'AlreadyDecided']);
    expect((await q.stored()).decisions.map((d) => d.person)).toEqual(['alice']);
  });

  test('on another plan is refused', async () => {
    const q = await Question.ask(api);
    expect(outcome(await q.say('alice', 'approve', 'ab'.repeat(32)))).toEqual([409, 'DigestMismatch']);
  });

  test('after the deadline is refused, and says when it closed; the rotation was told the same', async () => {
    const q = await Question.ask(api, { timeoutSeconds: 600, heartbeatSeconds: 500 });
    await q.say('alice');
    await api.clock.advance(hour);
    const late = await q.say('bob');
    expect(outcome(late)).toEqual([409, 'ApprovalClosed']);
    expect(sentence(late)).toBe(`The question ${q.approvalId} is closed: timed out at ${(await q.stored()).settledAt ?? ''}.`);
    expect(await q.machine()).toBe('ApprovalTimedOut');
    expect((await q.stored()).decisions.map((d) => d.person)).toEqual(['alice']);
  });

  test('after too long a silence likewise', async () => {
    const q = await Question.ask(api);
    await api.clock.advance(hour + 1000);
    expect(outcome(await q.say('alice'))).toEqual([409, 'ApprovalClosed']);
    expect(await q.machine()).toBe('ApprovalTimedOut');
  });

  test('ends the silence', async () => {
    const q = await Question.ask(api);
    await api.clock.advance(0.9 * hour);
    await q.say('alice');
    await api.clock.advance(0.9 * hour);
    expect(outcome(await q.say('bob'))).toEqual([200, 'approved']);
    expect(await q.machine()).toBe('approved');
  });

  test('that settles a question whose rotation was stopped has no effect, and says so', async () => {
    const q = await Question.ask(api, { start: { all: [{ group: 'security', count: 1 }] } });
    await q.stop();
    const said = await q.say('alice');
    expect(outcome(said)).toEqual([409, 'ApprovalClosed']);
    expect(sentence(said)).toContain('void the rotation had stopped waiting for it before it was decided');
    expect((await q.stored()).outcome).toBe('void');
  });

  test('that leaves it open likewise', async () => {
    const q = await Question.ask(api);
    await q.stop();
    expect(outcome(await q.say('alice'))).toEqual([409, 'ApprovalClosed']);
    expect(outcome(await q.say('bob'))).toEqual([409, 'ApprovalClosed']);
  });
});

describe('a crash between recording a decision and telling the rotation', () => {
  const one = { start: { all: [{ group: 'security', count: 1 }] } };

  test('the answer of the rotation was lost: it counts, and is told as approved', async () => {
    const q = await Question.ask(api, one);
    await addFault(api, 'states', 'SendTaskSuccess', 'drop-answer');
    expect(outcome(await q.say('alice'))).toEqual([200, 'approved']);
    expect(await q.machine()).toBe('approved');
    expect((await q.stored()).outcome).toBe('approved');
  });

  test('the rotation was never told: whoever decided learns that it failed, and the next round tells it', async () => {
    const q = await Question.ask(api, one);
    await addFault(api, 'states', 'SendTaskSuccess', 'server-error', { count: 3 });
    expect((await q.say('alice')).status).toBe(502);
    expect((await q.stored()).outcome).toBe('approved');
    // Who tries again is told the truth: it was recorded.
    expect(outcome(await q.say('alice'))).toEqual([409, 'AlreadyDecided']);
    await deliverPending(api.deps);
    expect(await q.machine()).toBe('approved');
    expect(await q.stored()).toMatchObject({ outcome: 'approved', delivered: true });
  });

  test('the rotation was told, and that it was told is not written down: nothing happens twice', async () => {
    const q = await Question.ask(api, one);
    const kept = await q.stored();
    expect(outcome(await q.say('alice'))).toEqual([200, 'approved']);
    expect(await q.machine()).toBe('approved');
    await api.deps.store.approvals.ask(kept, kept.encryptedToken);
    expect((await q.stored()).delivered).toBe(false);
    await deliverPending(api.deps);
    expect(await q.stored()).toMatchObject({ outcome: 'approved', delivered: true });
  });

  test('and the rotation ran out of time before anybody told it: it says void, not approved', async () => {
    const q = await Question.ask(api, one);
    await addFault(api, 'states', 'SendTaskSuccess', 'server-error', { count: 3 });
    expect((await q.say('alice')).status).toBe(502);
    await api.clock.advance(2 * hour);
    expect(await q.machine()).toBe('ApprovalTimedOut');
    await deliverPending(api.deps);
    expect(await q.stored()).toMatchObject({ outcome: 'void', delivered: true });
    await lookAfterQuestions(api.deps);
    expect(await q.types()).toEqual(['Requested', 'Voided']);
  });
});

describe('between two tries of asking, the first of which failed when the question stood', () => {
  /** The question is there, and the machine waits until it asks again. */
  const betweenTries = async (count: number): Promise<Question> => {
    await addFault(api, 'events', 'PutEvents', 'server-error', { count: 3 });
    await addFault(api, 'lambda', 'request-approval', 'server-error', { skip: 1, count: 4 });
    const q = await Question.ask(api, { start: { all: [{ group: 'security', count }] } }, () => true);
    const failed = async () => (await api.deps.clients.states.send(new GetExecutionHistoryCommand({ executionArn: q.executionArn }))).events?.some((e) => e.type === 'TaskFailed') === true;
    while (!(await failed()));
    return q;
  };

  test('a decision that settles it is owed to the next try', async () => {
    const q = await betweenTries(1);
    expect(outcome(await q.say('alice'))).toEqual([200, 'approved']);
    await api.clock.advance(600_000);
    await deliverPending(api.deps);
    expect(await q.machine()).toBe('approved');
    expect(await q.stored()).toMatchObject({ outcome: 'approved', delivered: true });
  });

  test('a decision that leaves it open counts', async () => {
    const q = await betweenTries(2);
    expect(outcome(await q.say('alice'))).toEqual([200, 'open']);
    await api.clock.advance(600_000);
    expect(outcome(await q.say('bob'))).toEqual([200, 'approved']);
    expect(await q.machine()).toBe('approved');
  });
});

test('who asked, and so may not decide, is whom the plan names, whatever has become of the head of the rotation', async () => {
  const start = { all: [{ group: 'security', count: 1 }] };
  const rotationId = await api.rotation({ approvals: { cutover: start, start, timeoutSeconds: 86_400, heartbeatSeconds: 3600 } });
  const { ledger, approvals } = api.deps.store;
  const { plan } = await ledger.head(rotationId);
  if (plan === undefined) throw new Error('no plan');
  await ledger.settle(rotationId, { requestedBy: 'otto' } as never);
  const digest = planDigest(plan);
  const { approvalId } = await runTask(requestApproval, { rotationId, stage: 'start', planDigest: digest, taskToken: 'token' }, { ...api.deps, movedClockSeconds: () => 0 });
  expect((await approvals.get(approvalId)).requestedBy).toBe('carol');
  const said = await api.post('carol', `/api/approvals/${approvalId}/decisions`, { decision: 'approve', reason: 'my own', planDigest: digest });
  expect(outcome(said)).toEqual([403, 'RequesterMayNotApprove']);
});

describe('time', () => {
  const security = { group: 'security', to: 'payments-owners', afterSeconds: 1800 };

  test('reminds once each, even when nobody looked for a while', async () => {
    const q = await Question.ask(api, { timeoutSeconds: 172_800, heartbeatSeconds: 172_700 });
    for (const hours of [20, 5, 1, 0]) {
      await api.clock.advance(hours * hour);
      await Promise.all([lookAfterQuestions(api.deps), lookAfterQuestions(api.deps)]);
    }
    expect(await q.types()).toEqual(['Requested', 'Reminded']);
    const [, reminded] = await q.facts();
    expect(reminded?.detail).toMatchObject({ missing: [{ group: 'security', count: 2 }], deadline: (await q.stored()).silentUntil });
    // A decision moves the end, and so there is a reminder before that.
    await q.say('alice');
    await api.clock.advance(20 * hour);
    await lookAfterQuestions(api.deps);
    expect(await q.types()).toEqual(['Requested', 'Reminded', 'Reminded']);
  });

  test('lets another group in when the first is silent, once, and not before', async () => {
    const q = await Question.ask(api, { start: { all: [{ group: 'security', count: 2 }], escalation: [security] } });
    const early = await q.say('dora');
    expect(outcome(early)).toEqual([409, 'NotAskedYet']);
    expect(sentence(early)).toMatch(/^dora is asked only from .* on/);
    await api.clock.advance(1800 * 1000);
    for (let round = 0; round < 3; round++) await lookAfterQuestions(api.deps);
    expect(await q.types()).toEqual(['Requested', 'Escalated']);
    // The silence counts anew from there: both have their hour.
    await api.clock.advance(0.9 * hour);
    expect(outcome(await q.say('dora'))).toEqual([200, 'open']);
    expect(outcome(await q.say('alice'))).toEqual([200, 'approved']);
    expect(await q.machine()).toBe('approved');
  });

  test('closes a question, and tells its people and the rotation', async () => {
    const q = await Question.ask(api, { timeoutSeconds: 600, heartbeatSeconds: 599 });
    await api.clock.advance(601_000);
    await lookAfterQuestions(api.deps);
    await lookAfterQuestions(api.deps);
    expect((await q.stored()).outcome).toBe('timed out');
    expect(await q.machine()).toBe('ApprovalTimedOut');
    expect(await q.types()).toEqual(['Requested', 'Timed Out']);
  });

  test('a notice that a crash cut off is told by a later round, under the same id', async () => {
    const q = await Question.ask(api, { start: { all: [{ group: 'security', count: 1 }] } });
    await addFault(api, 'events', 'PutEvents', 'server-error', { count: 3 });
    expect(outcome(await q.say('alice'))).toEqual([200, 'approved']);
    expect(await q.types()).toEqual(['Requested']);
    await lookAfterQuestions(api.deps);
    expect(await q.types()).toEqual(['Requested']);
    await api.clock.advance(61_000);
    await lookAfterQuestions(api.deps);
    await lookAfterQuestions(api.deps);
    const facts = await q.facts();
    expect(facts.map((f) => f.detail.noticeId)).toEqual([`${q.approvalId}.asked`, `${q.approvalId}.decided`]);
  });
});

describe('a question that is settled and told', () => {
  test('is looked after no more, until it comes to have no effect', async () => {
    const { approvals } = api.deps.store;
    const listed = async (q: Question) => (await approvals.restless()).some((a) => a.approvalId === q.approvalId);
    const q = await Question.ask(api, { start: { all: [{ group: 'security', count: 1 }] } });
    expect(await listed(q)).toBe(true);
    await q.say('alice');
    expect(await listed(q)).toBe(true);
    await lookAfterQuestions(api.deps);
    expect(await listed(q)).toBe(false);

    const read = await q.stored();
    await approvals.close(read, 'void', read.requestedAt, ['the policy changed']);
    expect(await listed(q)).toBe(true);
    await lookAfterQuestions(api.deps);
    await lookAfterQuestions(api.deps);
    expect(await q.types()).toEqual(['Requested', 'Decided', 'Voided']);
    expect(await listed(q)).toBe(false);
    expect((await approvals.ofRotation(read.rotationId)).map((a) => a.approvalId)).toEqual([q.approvalId]);
    expect((await approvals.all()).filter((a) => a.rotationId === read.rotationId)).toHaveLength(1);
  });
});

describe('delay', () => {
  test('is measured: asked, first seen by somebody who may decide, decided', async () => {
    const q = await Question.ask(api);
    const { requestedAt } = await q.stored();
    const look = (person: string) => api.get(person, `/api/approvals/${q.approvalId}`);
    for (const person of ['carol', 'gina', 'dora']) expect((await look(person)).json).not.toHaveProperty('firstSeen');
    await api.clock.advance(600_000);
    const seen = (await look('alice')).json.firstSeen as { by: string; at: string };
    expect(seen.by).toBe('alice');
    expect(Date.parse(seen.at) - Date.parse(requestedAt)).toBeGreaterThanOrEqual(600_000);
    await api.clock.advance(600_000);
    expect((await look('bob')).json.firstSeen).toEqual(seen);
    await q.say('alice');
    await q.say('bob');
    const { settledAt = '', decisions } = await q.stored();
    expect(settledAt).toBe(decisions.at(-1)?.decidedAt);
    expect(Date.parse(settledAt) - Date.parse(seen.at)).toBeGreaterThanOrEqual(600_000);
    const listed = JSON.parse((await api.get('alice', '/api/approvals?all=true')).text) as { approvalId: string }[];
    expect(listed.find((a) => a.approvalId === q.approvalId)).toMatchObject({ requestedAt, firstSeen: seen, settledAt });
  });
});

test('no answer about a question holds its token or its bookkeeping', async () => {
  const q = await Question.ask(api);
  const { json } = await api.get('alice', `/api/approvals/${q.approvalId}`);
  const all = JSON.parse((await api.get('alice', '/api/approvals?all=true')).text) as Record<string, unknown>[];
  for (const answer of [json, ...all]) for (const kept of ['encryptedToken', 'serial', 'delivered', 'told', 'heartbeatSeconds']) expect(Object.keys(answer)).not.toContain(kept);
});
