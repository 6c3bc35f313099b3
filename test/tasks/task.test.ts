import { expect, test } from 'vitest';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { transientAwsErrors } from '../../core/transient-errors.ts';
import { plainTask, runPlainTask, type Deps } from '../../tasks/task.ts';

test('that CloudTrail is busy leaves a task by the name that every workflow retries, in words that people understand', async () => {
  const refused = new RotaError('CloudTrailBusy', {});
  const looks = plainTask({ name: 'looks', input: z.strictObject({}), output: z.strictObject({}), errors: [], actions: [], run: () => Promise.reject(refused) });
  const thrown = await runPlainTask(looks, {}, { clock: { now: () => 0 } } as unknown as Deps).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ name: 'ThrottlingException', message: refused.message });
  expect(transientAwsErrors).toContain('ThrottlingException');
});
