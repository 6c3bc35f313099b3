import { DecryptCommand } from '@aws-sdk/client-kms';
import { SendTaskSuccessCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverOwedWords, sayWord } from '../../api/waits/answer.ts';
import type { Wait } from '../../store/wait-table.ts';
import { startApi, type Answer, type Api } from './harness.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const resume = (rotationId: string, id = 'carol', reason = 'the bucket is back') => api.post(id, `/api/rotations/${rotationId}/resume`, { reason });
const refusal = ({ status, json }: Answer) => [status, json.error, json.sentence];
const hour = 3_600_000;

async function holding(openings = 1, pauseSeconds = 0): Promise<string> {
  const rotationId = await api.rotation();
  await api.wait(rotationId, 'hold', 3600, openings, pauseSeconds);
  return rotationId;
}

async function waitOf(rotationId: string, name = 'hold'): Promise<Wait> {
  const wait = await api.deps.store.waits.get(rotationId, name);
  if (wait === undefined) throw new Error(`${rotationId} has no wait ${name}`);
  return wait;
}

/** What the API does before it is killed: the word is written down, and nothing more. */
async function writtenDown(rotationId: string): Promise<Wait> {
  const wait = await waitOf(rotationId);
  const word = { say: 'resume', by: 'carol', reason: 'the bucket is back', at: new Date(api.clock.now()).toISOString() };
  expect(await api.deps.store.waits.say(wait, word)).toBe(true);
  return { ...wait, word };
}

/** The wait, once it was opened after that one. */
async function openedAfter({ rotationId, serial }: Wait): Promise<Wait> {
  for (;;) {
    const wait = await waitOf(rotationId);
    if (wait.serial !== serial) return wait;
  }
}

const theWord = { word: 'resume', by: 'carol', reason: 'the bucket is back' };

describe('a word', () => {
  test('of a custodian ends the wait', async () => {
    const rotationId = await holding();
    const { status, json } = await resume(rotationId);
    expect([status, json]).toEqual([202, { rotationId, said: 'resume', delivered: true }]);
    expect(await api.heard(rotationId)).toEqual([theWord]);
  });

  test.each(['deny', 'watch'] as const)('reenable ends the wait %s', async (name) => {
    const rotationId = await api.rotation();
    await api.wait(rotationId, name);
    expect((await api.post('dora', `/api/rotations/${rotationId}/reenable`, { reason: 'still used' })).status).toBe(202);
    expect(await api.heard(rotationId)).toEqual([{ word: 'reenable', by: 'dora', reason: 'still used' }]);
  });

  test.each([
    ['of an approver', (id: string) => resume(id, 'alice'), 403, 'NotYourRole', /alice may not resume a rotation: that needs the role custodian\./],
    ['without a reason', (id: string) => resume(id, 'carol', ' '), 400, 'BadRequest', /reason must say why/],
    ['to another wait', (id: string) => api.post('carol', `/api/rotations/${id}/reenable`, { reason: 'still used' }), 409, 'NotWaiting', /does not wait for the word "reenable" now\./],
    ['to no rotation', () => resume('no-such-rotation'), 404, 'NotFound', /There is no rotation no-such-rotation\./],
  ])('%s is refused', async (_, say, status, error, sentence) => {
    const rotationId = await holding();
    expect(refusal(await say(rotationId))).toEqual([status, error, expect.stringMatching(sentence)]);
    expect(await waitOf(rotationId)).not.toHaveProperty('word');
  });

  test('to a rotation that never waited, that was told, or whose time is up is refused', async () => {
    const never = await api.rotation();
    const told = await holding();
    await resume(told);
    const over = await holding();
    await api.clock.advance(2 * hour);
    for (const rotationId of [never, told, over]) expect(refusal(await resume(rotationId))).toEqual([409, 'NotWaiting', `Rotation ${rotationId} does not wait for the word "resume" now.`]);
    expect(await api.heard(over)).toEqual([]);
  });

  test('said by two at once is one word', async () => {
    const rotationId = await holding();
    const answers = await Promise.all([resume(rotationId, 'carol'), resume(rotationId, 'dora')]);
    expect(answers.map((a) => a.status).sort()).toEqual([202, 409]);
    expect(await api.heard(rotationId)).toHaveLength(1);
  });

  test('can be said again to the next opening', async () => {
    const rotationId = await holding(2);
    const first = await waitOf(rotationId);
    await resume(rotationId);
    await openedAfter(first);
    expect((await resume(rotationId, 'dora', 'and again')).json.delivered).toBe(true);
    expect(await api.heard(rotationId)).toEqual([theWord, { word: 'resume', by: 'dora', reason: 'and again' }]);
  });
});

describe('a word that a crash left on the way', () => {
  test('written down, not delivered: the schedule delivers it', async () => {
    const rotationId = await holding();
    await writtenDown(rotationId);
    await deliverOwedWords(api.deps);
    expect(await api.heard(rotationId)).toEqual([theWord]);
    expect((await waitOf(rotationId)).delivered).toBe(true);
  });

  test('met by the end of the time: the next opening of the wait is told', async () => {
    const rotationId = await holding(2);
    const first = await writtenDown(rotationId);
    await api.clock.advance(hour + 60_000);
    expect((await openedAfter(first)).word).toEqual(first.word);
    await deliverOwedWords(api.deps);
    expect(await api.heard(rotationId)).toEqual([theWord]);
  });

  test('met while the machine is between two openings: it stays owed', async () => {
    const rotationId = await holding(2, 600);
    const first = await writtenDown(rotationId);
    await api.clock.advance(hour + 60_000);
    await deliverOwedWords(api.deps);
    expect(await waitOf(rotationId)).toMatchObject({ serial: first.serial, delivered: false });
    await api.clock.advance(600_000);
    await openedAfter(first);
    await deliverOwedWords(api.deps);
    await api.clock.advance(600_000);
    expect(await api.heard(rotationId)).toEqual([theWord]);
  });

  const delivered = async (wait: Wait): Promise<void> => {
    const context = { approvalId: `${wait.rotationId}.wait.hold` };
    const { Plaintext } = await api.deps.clients.kms.send(new DecryptCommand({ CiphertextBlob: wait.encryptedToken, EncryptionContext: context }));
    await api.deps.clients.states.send(new SendTaskSuccessCommand({ taskToken: Buffer.from(Plaintext ?? []).toString(), output: JSON.stringify(theWord) }));
  };

  test('delivered, not marked: it is marked, and sent to nobody', async () => {
    const rotationId = await holding();
    await delivered(await writtenDown(rotationId));
    await deliverOwedWords(api.deps);
    expect((await waitOf(rotationId)).delivered).toBe(true);
    expect(await api.heard(rotationId)).toEqual([theWord]);
  });

  test('delivered, not marked, and the wait is open again: it does not reach the wait that it was not said to', async () => {
    const rotationId = await holding(2);
    const first = await writtenDown(rotationId);
    await delivered(first);
    await openedAfter(first);
    await deliverOwedWords(api.deps);
    await deliverOwedWords(api.deps);
    await api.clock.advance(hour + 60_000);
    expect(await api.heard(rotationId)).toEqual([theWord]);
  });

  test('for a rotation that ended untold: nothing is owed any more', async () => {
    const rotationId = await holding();
    await writtenDown(rotationId);
    await api.clock.advance(hour + 60_000);
    expect(await api.heard(rotationId)).toEqual([]);
    await deliverOwedWords(api.deps);
    expect((await api.deps.store.waits.owed()).filter((w) => w.rotationId === rotationId)).toEqual([]);
  });

  test('said in the moment when the execution ended: the sayer is told that it did not arrive', async () => {
    const rotationId = await holding();
    const { executionArn } = await api.deps.store.ledger.head(rotationId);
    await api.deps.clients.states.send(new StopExecutionCommand({ executionArn }));
    expect(await sayWord(api.deps, { rotationId, name: 'hold', say: 'resume', by: 'carol', reason: 'too late' })).toEqual({ delivered: false });
  });
});
