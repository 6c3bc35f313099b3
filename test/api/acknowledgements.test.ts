import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverPending } from '../../api/approvals/deliver.ts';
import { tellSatisfied } from '../../api/acknowledgements/satisfied.ts';
import { newThumbprint, startApi, type Answer, type Api } from './harness.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ack = (rotationId: string, id: string, consumer: string, thumbprint = newThumbprint) => api.post(id, `/api/rotations/${rotationId}/acknowledgements`, { consumer, thumbprint });
const said = ({ status, json }: Answer) => [status, json.error ?? json.kind, json.sentence ?? json.by];
const published = async (): Promise<string> => {
  const rotationId = await api.rotation();
  await api.publish(rotationId);
  return rotationId;
};
const recorded = (rotationId: string) => api.deps.store.acknowledgements.ofRotation(rotationId);

describe('who may acknowledge, and what', () => {
  const wrong = 'WRONGkidWRONGkidWRONGkidWRONGkidWRONGkid000';
  test.each([
    ['a person of the consumer', 'gina', 'gateway', newThumbprint, 200, 'acknowledged', 'gina', 1],
    ['for a consumer that is only informed', 'gina', 'reporting', newThumbprint, 200, 'acknowledged', 'gina', 1],
    ['with spaces around the thumbprint', 'gina', 'gateway', ` ${newThumbprint}\n`, 200, 'acknowledged', 'gina', 1],
    ['a wrong thumbprint', 'gina', 'gateway', wrong, 409, 'AcknowledgementWrong', `gateway says that it has key ${wrong}, but the thumbprint of the new key begins with ${newThumbprint.slice(0, 6)}: nothing was recorded.`, 0],
    ['the speaker of another consumer', 'paul', 'gateway', newThumbprint, 403, 'NotYourConsumer', 'paul does not speak for consumer gateway.', 0],
    ['a custodian', 'carol', 'gateway', newThumbprint, 403, 'NotYourConsumer', 'carol does not speak for consumer gateway.', 0],
    ['a stranger', 'mallory', 'gateway', newThumbprint, 403, 'NotSignedIn', 'arn:aws:iam::111122223333:user/mallory is not a person of the registry.', 0],
    ['for nobody in the plan', 'gina', 'gatewai', newThumbprint, 404, 'ConsumerUnknown', /^gatewai is no consumer in the plan of /, 0],
    ['no thumbprint', 'gina', 'gateway', ' ', 400, 'BadRequest', /thumbprint/, 0],
  ])('%s', async (_, id, consumer, thumbprint, status, word, sentence, records) => {
    const rotationId = await published();
    expect(said(await ack(rotationId, id, consumer, thumbprint))).toEqual([status, word, typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)]);
    expect(await recorded(rotationId)).toHaveLength(records);
  });

  test('before the publication, and after the end', async () => {
    const rotationId = await api.rotation();
    expect(said(await ack(rotationId, 'gina', 'gateway'))).toEqual([409, 'NotWaiting', `Rotation ${rotationId} does not wait for acknowledgements now.`]);
    await api.publish(rotationId);
    await api.deps.store.ledger.settle(rotationId, { outcome: 'failed' });
    expect(said(await ack(rotationId, 'gina', 'gateway'))).toEqual([409, 'NotWaiting', `Rotation ${rotationId} does not wait for acknowledgements now.`]);
    expect(said(await ack('no-such-rotation', 'gina', 'gateway'))).toEqual([404, 'NotFound', 'There is no rotation no-such-rotation.']);
  });

  test('the first word stands, said twice', async () => {
    const rotationId = await published();
    const first = await ack(rotationId, 'gina', 'gateway');
    await api.clock.advance(60_000);
    const second = await ack(rotationId, 'gina', 'gateway');
    expect([second.status, second.json]).toEqual([200, first.json]);
  });

  test('after the deadline it counts, and is marked late', async () => {
    const rotationId = await published();
    await api.advanceDays(13.9);
    expect((await ack(rotationId, 'gina', 'reporting')).json.late).toBe(false);
    await api.advanceDays(0.2);
    expect((await ack(rotationId, 'gina', 'gateway')).json).toMatchObject({ late: true, kind: 'acknowledged' });
  });
});

describe('the machine is told', () => {
  const satisfied = { word: 'satisfied', by: 'rota', reason: 'every consumer that must has acknowledged' };

  test('by the last word needed, and by no earlier one', async () => {
    const rotationId = await published();
    await api.wait(rotationId, 'acknowledgements');
    await ack(rotationId, 'gina', 'gateway');
    expect((await api.deps.store.waits.get(rotationId, 'acknowledgements'))?.word).toBeUndefined();
    await ack(rotationId, 'paul', 'partner');
    expect(await api.heard(rotationId)).toEqual([satisfied]);
  });

  test('when two speak in the same instant', async () => {
    const rotationId = await published();
    await api.wait(rotationId, 'acknowledgements');
    await Promise.all([ack(rotationId, 'gina', 'gateway'), ack(rotationId, 'paul', 'partner')]);
    expect(await api.heard(rotationId)).toEqual([satisfied]);
  });

  test('by the schedule, when the last word came before the wait was open', async () => {
    const rotationId = await published();
    await ack(rotationId, 'gina', 'gateway');
    await ack(rotationId, 'paul', 'partner');
    await api.wait(rotationId, 'acknowledgements');
    await tellSatisfied(api.deps, await api.deps.store.ledger.openOnes());
    expect(await api.heard(rotationId)).toEqual([satisfied]);
  });
});

describe('a one-use link', () => {
  const linkFor = async (rotationId: string, consumer = 'partner'): Promise<string> => {
    const { status, json } = await api.post('carol', `/api/rotations/${rotationId}/acknowledgement-links`, { consumer });
    expect(status).toBe(201);
    return new URL(String(json.url)).pathname;
  };
  const send = (path: string, thumbprint: string, headers: Record<string, string> = {}) => api.open(path, { method: 'POST', body: new URLSearchParams({ thumbprint }), headers });

  test('shows what it is for, and looking uses nothing up', async () => {
    const path = await linkFor(await published());
    for (const method of ['GET', 'HEAD', 'GET']) expect((await api.open(path, { method })).status).toBe(200);
    const page = await api.open(path);
    for (const shown of ['partner', 'alias/tokens', newThumbprint.slice(0, 6), 'https://keys.example/.well-known/jwks.json']) expect(page.text).toContain(shown);
    // Whoever acknowledges has it from the key that arrived, not from here.
    expect(page.text).not.toContain(newThumbprint.slice(0, 7));
    expect(page.text).not.toMatch(/<script|value="/);
    expect(Object.fromEntries(page.headers)).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-robots-tag': 'noindex' });
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'/);
  });

  test('takes the right thumbprint, once', async () => {
    const rotationId = await published();
    const path = await linkFor(rotationId);
    const wrong = await send(path, '<b>wrong</b>');
    expect([wrong.status, wrong.text]).toEqual([409, expect.stringContaining('partner says that it has key &lt;b&gt;wrong&lt;/b&gt;, but the thumbprint of the new key begins with ')]);
    expect(await recorded(rotationId)).toEqual([]);
    expect((await send(path, '')).status).toBe(400);
    expect([(await send(path, ` ${newThumbprint} `)).status, await recorded(rotationId)]).toEqual([200, [expect.objectContaining({ consumer: 'partner', by: 'link', late: false })]]);
    expect([(await send(path, newThumbprint)).status, (await api.open(path)).status]).toEqual([410, 410]);
  });

  test('is used up by ten wrong thumbprints', async () => {
    const path = await linkFor(await published());
    const answers: number[] = [];
    for (let tries = 0; tries < 11; tries++) answers.push((await send(path, `wrong-${tries}`)).status);
    expect(answers).toEqual([409, 409, 409, 409, 409, 409, 409, 409, 409, 409, 410]);
    expect((await send(path, newThumbprint)).status).toBe(410);
  });

  test.each([
    ['another secret', (path: string) => `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`],
    ['another rotation', (path: string) => path.replace(/tokens-[^/]+/, 'tokens-20261124T145423-9999')],
  ])('does not open with %s', async (_, change) => {
    const path = change(await linkFor(await published()));
    const page = await api.open(path);
    expect([page.status, page.text]).toEqual([410, expect.stringContaining('This link is unknown, used already, or out of time.')]);
  });

  test('is good until the deadline, 14 days at most, and 14 days after it', async () => {
    const rotationId = await published();
    const lifeDays = async (consumer: string): Promise<number> => {
      const { json } = await api.post('carol', `/api/rotations/${rotationId}/acknowledgement-links`, { consumer });
      return Math.round((Date.parse(String(json.expiresAt)) - api.clock.now()) / 86_400_000);
    };
    const path = await linkFor(rotationId);
    await api.advanceDays(2);
    expect([await lifeDays('gateway'), await lifeDays('partner')]).toEqual([12, 14]);
    await api.advanceDays(12.5);
    expect([await lifeDays('gateway'), (await api.open(path)).status]).toEqual([14, 410]);
  });

  test('takes its own form alone', async () => {
    const rotationId = await published();
    const path = await linkFor(rotationId);
    const foreign = [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }];
    for (const headers of foreign) expect((await send(path, newThumbprint, headers as Record<string, string>)).status).toBe(400);
    expect(await recorded(rotationId)).toEqual([]);
    expect((await send(path, newThumbprint, { origin: 'null', 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  test('is made by custodians, for consumers in the plan', async () => {
    const rotationId = await published();
    const make = async (id: string, consumer: string) => said(await api.post(id, `/api/rotations/${rotationId}/acknowledgement-links`, { consumer }));
    expect(await make('gina', 'gateway')).toEqual([403, 'NotYourRole', 'gina may not make a link for a consumer: that needs the role custodian.']);
    expect((await make('carol', 'nobody'))[1]).toBe('ConsumerUnknown');
  });
});

describe('a waiver', () => {
  const waive = (rotationId: string, id = 'carol', consumer = 'partner', reason = 'decommissioned') => api.post(id, `/api/rotations/${rotationId}/waivers`, { consumer, reason });
  const decide = async (id: string, { approvalId, planDigest }: Record<string, unknown>, decision = 'approve') =>
    said(await api.post(id, `/api/approvals/${String(approvalId)}/decisions`, { decision, reason: 'as in CHG-77', planDigest }));

  test('counts once approvers agree, and never the one who asks', async () => {
    const rotationId = await published();
    await api.wait(rotationId, 'acknowledgements');
    await ack(rotationId, 'gina', 'gateway');
    const asked = await waive(rotationId);
    expect([asked.status, asked.json]).toEqual([
      202,
      expect.objectContaining({ stage: 'waiver', requestedBy: 'carol', rule: { all: [{ group: 'security', count: 2 }] }, plan: expect.objectContaining({ consumer: 'partner', newThumbprint }) as unknown }),
    ]);
    expect(asked.text).toContain('From the switch on partner refuses whatever the new key signed');
    expect(asked.text).not.toContain('encryptedToken');
    expect(await decide('carol', asked.json)).toEqual([403, 'RequesterMayNotApprove', 'carol asked for this rotation and so cannot decide on it.']);
    expect((await decide('alice', asked.json))[0]).toBe(200);
    expect(await recorded(rotationId)).toHaveLength(1);
    expect((await decide('bob', asked.json))[0]).toBe(200);
    expect((await recorded(rotationId)).find((a) => a.consumer === 'partner')).toMatchObject({ kind: 'waived', by: 'alice, bob', reason: 'decommissioned', thumbprint: newThumbprint });
    expect(await api.heard(rotationId)).toMatchObject([{ word: 'satisfied' }]);
    expect((await waive(rotationId)).json.error).toBe('NotWaiting');
  });

  test('refused has no effect', async () => {
    const rotationId = await published();
    const asked = await waive(rotationId);
    expect((await decide('alice', asked.json, 'refuse'))[0]).toBe(200);
    expect(await recorded(rotationId)).toEqual([]);
    expect(said(await waive(rotationId)).slice(0, 2)).toEqual([409, 'ApprovalClosed']);
    expect((await waive(rotationId, 'carol', 'partner', 'another reason')).status).toBe(202);
  });

  test('asked twice is one question', async () => {
    const rotationId = await published();
    const first = await waive(rotationId);
    await api.clock.advance(60_000);
    expect((await waive(rotationId)).json).toEqual(first.json);
  });

  test.each([
    ['by a consumer', 'gina', 'gateway', 'NotYourRole'],
    ['for nobody in the plan', 'carol', 'nobody', 'ConsumerUnknown'],
  ])('asked %s is refused', async (_, id, consumer, error) => {
    expect((await waive(await published(), id, consumer)).json.error).toBe(error);
  });

  test('that a crash left without effect gets it by the schedule', async () => {
    const rotationId = await published();
    const asked = await waive(rotationId);
    await decide('alice', asked.json);
    const { approvals } = api.deps.store;
    const read = await approvals.get(String(asked.json.approvalId));
    const [vote] = read.decisions;
    if (vote === undefined) throw new Error('alice has not voted');
    await approvals.decide(read, { ...vote, person: 'bob' }, 'approved');
    await deliverPending(api.deps);
    expect(await recorded(rotationId)).toMatchObject([{ kind: 'waived', by: 'alice, bob' }]);
    expect((await approvals.get(read.approvalId)).delivered).toBe(true);
  });

  test('after the end of the rotation cannot be decided', async () => {
    const rotationId = await published();
    const asked = await waive(rotationId);
    await api.deps.store.ledger.settle(rotationId, { outcome: 'failed' });
    expect((await decide('alice', asked.json))[2]).toBe(`The question ${String(asked.json.approvalId)} is closed: the rotation has ended.`);
    expect((await api.get('carol', `/api/rotations/${rotationId}`)).json.waitingFor).toEqual([]);
  });
});
