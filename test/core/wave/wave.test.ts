import { describe, expect, test } from 'vitest';
import { scaled } from '../../../core/kms-quotas.ts';
import { bottleneckOf, quotasOf } from '../../../core/pace/kms-rates.ts';
import { judgeWave, usualCanaries, waveStatus, type Wave, type WaveMember } from '../../../core/wave/wave.ts';

const wave: Wave = { waveId: 'wave-1', requestedBy: 'carol', reason: 'yearly', requestedAt: '2027-01-01T00:00:00Z', canaries: 2, failureShare: 0.25, quotaShare: 0.5, forgiven: 0 };

/** One letter a key: `.` not started, `u` under way, `c` complete, `f` failed, `s` skipped. */
const membersOf = (letters: string): WaveMember[] =>
  letters.split('').map((letter, place) => ({
    alias: `alias/k${place}`,
    place,
    rotationId: `k${place}-s1`,
    workflow: 'byok-rotation',
    keyId: `key-${place}`,
    ...(letter === '.' || letter === 's' ? {} : { startedAt: '2027-01-01T00:00:00Z' }),
    ...(letter === 'c' || letter === 'f' ? { endedAt: '2027-01-01T00:10:00Z' } : {}),
    ...({ c: { outcome: 'complete' }, f: { outcome: 'failed' }, s: { outcome: 'skipped', why: 'gone' } } as Record<string, object>)[letter],
  }));

describe('what a wave does next', () => {
  test.each([
    { letters: '......', state: 'canaries', starts: '0 1', stops: undefined },
    { letters: 'u.....', state: 'canaries', starts: '1', stops: undefined },
    { letters: 'uc....', state: 'canaries', starts: '', stops: undefined },
    { letters: 'cc....', state: 'rate', starts: '2 3 4 5', stops: undefined },
    { letters: 'sc....', state: 'canaries', starts: '2', stops: undefined },
    { letters: 'cf....', state: 'canaries', starts: '', stops: 'the canary alias/k1 ended as failed' },
    { letters: 'ccf...', state: 'rate', starts: '', stops: '1 of 3 that have ended did not complete, which is more than 25 %' },
    { letters: 'cccf..', state: 'rate', starts: '4 5', stops: undefined },
    { letters: 'ccccuu', state: 'all started', starts: '', stops: undefined },
    { letters: 'ccccsf', state: 'ended', starts: '', stops: undefined },
  ])('$letters: $state, starts $starts', ({ letters, state, starts, stops }) => {
    const verdict = judgeWave(wave, membersOf(letters));
    expect({ state: verdict.state, starts: verdict.mayStart.map((m) => m.place).join(' '), stops: verdict.mustStop }).toEqual({ state, starts, stops });
  });

  test('the order of members is their place, however they were read', () => {
    expect(judgeWave(wave, membersOf('......').reverse()).mayStart.map((m) => m.place)).toEqual([0, 1]);
  });

  test('stopped, it starts nothing; let go on, what failed before stops it no more', () => {
    expect(judgeWave({ ...wave, stopped: { at: '', because: '' } }, membersOf('ff....'))).toEqual({ state: 'stopped', mayStart: [] });
    expect(judgeWave({ ...wave, forgiven: 2 }, membersOf('ff....')).mayStart).toHaveLength(4);
    expect(judgeWave({ ...wave, forgiven: 2 }, membersOf('ffcf..')).mustStop).toBe('1 of 2 that have ended did not complete, which is more than 25 %');
  });

  test('one in twenty is a canary, and one at least', () => expect([1, 20, 21, 400].map(usualCanaries)).toEqual([1, 1, 2, 20]));
});

test('the end is predicted from the scarcest operation and how long the others took', () => {
  const nowMs = Date.parse('2027-01-01T01:00:00Z');
  const status = waveStatus(wave, membersOf('ccu...'), quotasOf(), nowMs);
  // Three more, one every two seconds, and ten minutes each.
  expect(status).toMatchObject({ bottleneck: { operation: 'GetParametersForImport', perSecond: 0.5 }, lastStartAt: '2027-01-01T01:00:06Z', predictedEnd: '2027-01-01T01:10:06Z' });
  expect(waveStatus(wave, membersOf('......'), quotasOf(), nowMs).predictedEnd).toBeUndefined();
  expect('forgiven' in status).toBe(false);
});

test.each([
  { workflow: 'byok-rotation', quotas: quotasOf(), is: { operation: 'GetParametersForImport', perSecond: 1 } },
  { workflow: 'byok-rotation', quotas: scaled(quotasOf(), 20), is: { operation: 'GetParametersForImport', perSecond: 20 } },
  { workflow: 'byok-rotation', quotas: quotasOf('GetParametersForImport=50'), is: { operation: 'CreateKey', perSecond: 5 } },
  { workflow: 'asymmetric-rotation', quotas: quotasOf(), is: { operation: 'CreateKey', perSecond: 5 } },
])('the bottleneck of $workflow is $is', ({ workflow, quotas, is }) => expect(bottleneckOf(workflow, quotas)).toEqual(is));

test.each(['Encrypt=5', 'CreateKey', 'CreateKey=0', 'CreateKey=fast'])('a quota %s is refused', (text) => {
  expect(() => quotasOf(text)).toThrow(/write it like GetParametersForImport=5; the operations are CreateAlias, /);
});
