import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newThumbprint, startApi, type Api } from './harness.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const statusOf = async (rotationId: string) => (await api.get('carol', `/api/rotations/${rotationId}`)).json;

describe('the status of a rotation', () => {
  test('has the rollover, its consumers and what is missing', async () => {
    const rotationId = await api.rotation();
    expect((await statusOf(rotationId)).rollover).toMatchObject({ state: 'PLANNED', missing: '1 of consumers (gateway) and 1 of partners (partner)', acknowledgements: [] });
    await api.publish(rotationId);
    await api.post('gina', `/api/rotations/${rotationId}/acknowledgements`, { consumer: 'gateway', thumbprint: newThumbprint });
    const { rollover, status } = await statusOf(rotationId);
    expect(status).toBe('RUNNING');
    expect(rollover).toMatchObject({
      state: 'PUBLISHED',
      missing: '1 of partners (partner)',
      newThumbprint,
      keySet: { sequence: 3 },
      acknowledgements: [{ consumer: 'gateway', by: 'gina', late: false }],
      consumers: [{ name: 'gateway', acknowledges: 'required', deadline: expect.stringMatching(/Z$/) as unknown }, { name: 'partner' }, { name: 'reporting', acknowledges: 'informed' }],
    });
  });

  test.each([
    ['hold', 'WAITING'],
    ['acknowledgements', 'WAITING'],
    ['drain', 'RUNNING'],
  ] as const)('with an open wait %s is %s, and shows it without its token', async (name, word) => {
    const rotationId = await api.rotation();
    await api.wait(rotationId, name);
    expect(await statusOf(rotationId)).toMatchObject({ status: word, waits: [{ name, because: 'a test waits' }] });
    expect(JSON.stringify(await statusOf(rotationId))).not.toMatch(/encryptedToken|taskToken|serial/);
    await api.clock.advance(2 * 3_600_000);
    await api.heard(rotationId);
    expect(await statusOf(rotationId)).toMatchObject({ waits: [] });
  });
});

describe('rota', () => {
  const lines = (text: string): string[] => text.replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME').replace(/tokens-\d+T\d+-\d{4}/g, 'ROTATION').trimEnd().split('\n');

  test('rollover draws the timeline of the newest one, or of a certain one', async () => {
    const rotationId = await api.rotation();
    await api.publish(rotationId);
    await api.wait(rotationId, 'hold');
    await api.post('gina', `/api/rotations/${rotationId}/acknowledgements`, { consumer: 'gateway', thumbprint: newThumbprint });
    const drawn = await api.rota('carol', 'rollover', '--rotation', rotationId);
    expect(drawn.out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(lines(drawn.out)).toEqual([
      'alias/tokens  PUBLISHED  (rotation ROTATION, WAITING)',
      '  old key  OLDwkidOLDwkidOLDwkidOLDwkidOLDwkidOLDwkid0',
      '  new key  NEWwkidNEWwkidNEWwkidNEWwkidNEWwkidNEWwkid0',
      `  key set  number 3, SHA-256 ${'ab'.repeat(32)}`,
      '',
      '  [x] GENERATED     TIME  the successor key was made',
      '  [>] PUBLISHED     TIME  every target served the new key',
      '  [ ] READY      >= TIME  publication + propagation 300 s + cache 86400 s + publish',
      '                                          safety 3600 s',
      '  [ ] ACTIVE     >= TIME  ready, acknowledged and approved',
      '  [ ] RETIRED    >= TIME  the switch + KMS propagation 300 s',
      '  [ ] DRAINED    >= TIME  the stop of the old key + propagation 300 s + longest',
      '                                          lifetime 43200 s + clock skew 300 s + retire safety 3600 s',
      '  [ ] REMOVED    >= TIME  the last publication + propagation 300 s + cache 86400 s',
      '',
      '  Consumers',
      '  [x] gateway    acknowledged by gina at TIME',
      '  [ ] partner    has not acknowledged, due TIME (keys@partner.example)',
      '  [i] reporting  is informed and need not acknowledge (bi@bank.example)',
      '  Missing  1 of partners (partner)',
      '',
      '  Waits    until TIME at most: a test waits; once it is mended: rota resume',
      '           ROTATION --reason "..."',
    ]);
    await api.clock.advance(1000);
    const newest = await api.rotation();
    expect(JSON.parse((await api.rota('carol', 'rollover', 'alias/tokens', '--json')).out)).toMatchObject({ rotationId: newest });
  });

  test('rollover of one that ended says what was not reached, and why', async () => {
    const rotationId = await api.rotation();
    await api.publish(rotationId);
    await api.wait(rotationId, 'drain', 60);
    await api.deps.store.ledger.settle(rotationId, { outcome: 'complete', error: { name: 'OldKeyStillUsed', sentence: 'Old key k is still used: by x.' }, leftBehind: ['the old key is still in the key set'] });
    await api.clock.advance(120_000);
    await api.heard(rotationId);
    const { out } = await api.rota('carol', 'rollover', '--rotation', rotationId);
    expect(lines(out).slice(-3)).toEqual(['', '  Ended    SUCCEEDED: Old key k is still used: by x.', '  Left     the old key is still in the key set']);
    expect(out).toContain('  [x] PUBLISHED');
    expect(out).toContain('  [-] REMOVED    not reached');
  });

  const asked = async (): Promise<string> => {
    const rotationId = await api.rotation();
    await api.publish(rotationId);
    await api.wait(rotationId, 'hold');
    return rotationId;
  };

  test.each([
    [0, 'gina', ['ack', '--consumer', 'gateway', '--thumbprint', newThumbprint], /^gateway: acknowledged by gina at \S+Z\n$/],
    [1, 'gina', ['ack', '--consumer', 'gateway', '--thumbprint', 'other'], /gateway says that it has key other, but the thumbprint of the new key begins with NEW/],
    [2, 'gina', ['ack', '--consumer', 'gateway'], /required option '--thumbprint <kid>' not specified/],
    [0, 'carol', ['ack-link', '--consumer', 'partner'], /^http:\/\/127\.0\.0\.1:\d+\/acknowledge\/tokens-[^/]+\/[\w-]{43}\nGood for one acknowledgement until /],
    [1, 'gina', ['ack-link', '--consumer', 'partner'], /gina may not make a link for a consumer/],
    [0, 'carol', ['waive', '--consumer', 'partner', '--reason', 'decommissioned'], /Waive {9}the acknowledgement of partner[^]*You cannot approve it yourself/],
    [1, 'carol', ['waive', '--consumer', 'nobody', '--reason', 'decommissioned'], /nobody is no consumer in the plan/],
    [2, 'carol', ['waive', '--consumer', 'partner'], /required option '--reason <words>' not specified/],
    [0, 'carol', ['resume', '--reason', 'mended'], /goes on\.\n$/],
    [1, 'alice', ['resume', '--reason', 'mended'], /alice may not resume a rotation/],
  ])('ends with %i as %s: %j', async (exitCode, id, [command = '', ...options], said) => {
    const ended = await api.rota(id, command, await asked(), ...options);
    expect([ended.exitCode, ended.out + ended.err]).toEqual([exitCode, expect.stringMatching(said)]);
  });

  test.each([
    [2, ['rollover'], /give an alias, or --rotation with an id/],
    [2, ['rollover', 'alias/tokens', '--rotation', 'x'], /give an alias, or --rotation with an id/],
    [1, ['rollover', 'alias/none'], /There is no rollover of alias\/none\./],
  ])('ends with %i: %j', async (exitCode, args, said) => {
    const ended = await api.rota('carol', ...args);
    expect([ended.exitCode, ended.err, ended.out]).toEqual([exitCode, expect.stringMatching(said), '']);
  });
});
