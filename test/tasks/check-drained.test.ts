import { expect, test } from 'vitest';
import { lookAgainSeconds } from '../../tasks/retire/check-drained.ts';
import { asymmetricRotation } from '../../workflows/asymmetric-rotation.ts';

/** Step Functions Developer Guide, "Quotas": so many events, then the execution fails, and nothing catches that. */
const mostEvents = 25_000;
/** A look, what it says, and the wait for the next, each entered and left, with what is between; and the task tried four times. */
const eventsOfALook = 5 + 3 * 3 + 2 + 6;

test('an old key that somebody goes on using is looked at for the whole year of the execution', () => {
  const { TimeoutSeconds } = asymmetricRotation({ partition: 'aws', functionOf: (task) => task });
  let looks = 0;
  for (let seconds = 0; seconds < TimeoutSeconds; seconds += lookAgainSeconds(looks)) looks++;
  expect(looks * eventsOfALook).toBeLessThan(mostEvents / 2);
  expect([1, 24, 25].map(lookAgainSeconds)).toEqual([3600, 3600, 86_400]);
});
