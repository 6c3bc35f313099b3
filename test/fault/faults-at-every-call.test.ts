import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lives } from './killing.ts';
import { followsRotation, type ScenarioName } from './scenarios.ts';

/**
 * P6: every call that changes something, of steps and of people, meets a fault as often as the SDK asks by itself, so that the step or
 * the person must ask again: its answer is lost after the effect, or it is throttled or fails. What is left is what a run without faults
 * leaves.
 */
let lives: Lives;

beforeAll(async () => {
  lives = await Lives.start();
}, 120_000);

afterAll(() => lives.end());

const names: readonly ScenarioName[] = ['BYOK rotation', 'rotation of an encryption key', 'rotation of a signing key that is rolled back', 'rollback of a BYOK rotation', 'retirement', 'retirement that is taken back'];

test.each(names)('a %s goes through faults at every call', { timeout: 300_000 }, async (scenario) => {
  const template = followsRotation(scenario) ? await lives.rotated() : lives.fresh;
  const plain = async () => ({ folder: await lives.copyOf(template), scenario });
  const [clean, lost, refused] = await lives.live([await plain(), { ...(await plain()), faults: ['drop-answer'] }, { ...(await plain()), faults: ['throttle', 'server-error'] }]);
  expect(clean).toMatchObject({ facts: {} });
  expect({ lost: lost?.error ?? lost?.facts, refused: refused?.error ?? refused?.facts }).toEqual({ lost: clean?.facts, refused: clean?.facts });
});
