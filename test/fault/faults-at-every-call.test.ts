import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Facts } from './facts.ts';
import { Lives } from './killing.ts';
import { followsRotation, type ScenarioName } from './scenarios.ts';

/**
 * P6: every call that changes something, of steps and of people, meets a fault as often as the SDK asks by itself, so that the step or
 * the person must ask again: its answer is lost after the effect, or it is throttled or fails. What is left is what a run without faults
 * leaves, but that a target that fails holds the machine for a while. Rotations that differ in no call from these are left out.
 */
let lives: Lives;

beforeAll(async () => {
  lives = await Lives.start();
});

afterAll(() => lives.end());

const names: readonly ScenarioName[] = ['BYOK rotation', 'rotation of an encryption key', 'rotation of a signing key that is rolled back', 'rollback of a BYOK rotation', 'retirement', 'retirement that is taken back'];

const withoutHolds = (facts: Facts | undefined): Facts | undefined =>
  facts && { ...facts, rotations: facts.rotations.map((rotation) => ({ ...rotation, steps: rotation.steps.filter((step) => step !== 'open-wait.hold') })) };

test.concurrent.each(names)('a %s goes through faults at every call', { timeout: 3_600_000 }, async (scenario) => {
  const template = followsRotation(scenario) ? await lives.rotated() : lives.fresh;
  const plain = async () => ({ folder: await lives.copyOf(template), scenario });
  const [clean, lost, refused] = await lives.live([await plain(), { ...(await plain()), faults: ['drop-answer'] }, { ...(await plain()), faults: ['throttle', 'server-error'] }]);
  expect(clean).toMatchObject({ facts: {} });
  for (const life of [lost, refused]) {
    expect(life?.error ?? withoutHolds(life?.facts)).toEqual(clean?.facts);
    expect(life?.unmet).toEqual([]);
  }
});
