import { expect, test } from 'vitest';
import { tasks } from '../../tasks/catalogue.ts';
import { workflows } from '../../workflows/catalogue.ts';
import { tasksCalled } from '../workflows/lint.ts';

/**
 * P3: a rotation never disables or deletes the old key, nor its material. Retiring one is a machine of its own, with an approval of its own. The
 * role of a task is made from its `actions` (here and in cdk/), so what stands in no list cannot be done.
 */
const machines = Object.entries(workflows).map(([name, make]) => ({ name, calls: tasksCalled(make({ partition: 'aws', functionOf: (task) => task })) }));
const tasksThatMay = (action: string): string[] => tasks.filter((task) => task.actions.includes(action)).map((task) => task.name);
const machinesThatCall = (task: string): string[] => machines.filter(({ calls }) => calls.includes(task)).map(({ name }) => name);

test.each(['kms:ScheduleKeyDeletion', 'kms:DeleteImportedKeyMaterial', 'kms:*'])('no task may %s', (action) => expect(tasksThatMay(action)).toEqual([]));

test('one task may disable a key, and no rotation calls it', () => {
  expect(tasksThatMay('kms:DisableKey')).toEqual(['disable-key']);
  expect(machinesThatCall('disable-key')).toEqual(['retire']);
});

test('nothing is disabled before people have approved and the key was denied', () => {
  const { States } = workflows.retire({ partition: 'aws', functionOf: (task) => task });
  /** Every state that can be reached without passing `closed`. */
  const reachedWithout = (closed: string): Set<string> => {
    const seen = new Set<string>();
    const visit = (name: string): void => {
      const state = States[name];
      if (state === undefined || name === closed || seen.has(name)) return;
      seen.add(name);
      for (const next of JSON.stringify(state).matchAll(/"(?:Next|Default)":"([^"]+)"/g)) visit(next[1] ?? '');
    };
    visit('Begin');
    return seen;
  };
  for (const gate of ['Await retire approval', 'Stop retired key', 'Wait while denied', 'Check unused']) expect(reachedWithout(gate).has('Disable key'), gate).toBe(false);
});
