import { expect, test, vi } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import type { FoundFinding } from '../../core/findings/open-finding.ts';
import { settleFindings } from '../../tasks/sweep/settle-findings.ts';
import { startTasks } from './task-deps.ts';

// One after the other, opening and telling 50,000 findings takes longer than Lambda lets a sweep run.
test('findings are opened, told and closed ten at once, each of them once', async () => {
  const { aws, clients, store, deps } = await startTasks();
  const found = Array.from({ length: 25 }, (_, i): FoundFinding => ({ name: 'rotation-off', about: `key ${i}`, severity: 'medium', sentence: 'It is off.', remedy: 'Switch it on.' }));
  let underWay = 0;
  let most = 0;
  const counted = <A extends unknown[], R>(act: (...given: A) => Promise<R>) => async (...given: A): Promise<R> => {
    most = Math.max(most, ++underWay);
    return act(...given).finally(() => underWay--);
  };
  const mostOf = (): number => {
    const was = most;
    most = 0;
    return was;
  };
  const open = store.findings.open.bind(store.findings);
  const opens = vi.spyOn(store.findings, 'open').mockImplementation(counted(open));
  const told: string[] = [];
  clients.events.middlewareStack.add((next) => counted((args) => {
    told.push(...(args.input as { Entries: { DetailType: string }[] }).Entries.map((entry) => entry.DetailType));
    return next(args);
  }), { step: 'initialize' });
  const look = (seen: readonly FoundFinding[], seenBy: string) => settleFindings({ place: 'p', found: seen, seenBy, covers: () => true, facts: [], writer: seenBy }, { ...deps, now: isoSeconds(aws.clock.now()) });

  expect(await look(found, 'sweep one')).toEqual({ opened: 25, closed: 0, open: 25 });
  expect([mostOf(), opens.mock.calls.length]).toEqual([10, 25]);
  expect(told).toEqual(Array.from({ length: 25 }, () => 'Rota Finding Opened'));
  told.length = 0;
  expect(await look([], 'sweep two')).toEqual({ opened: 0, closed: 25, open: 0 });
  expect(mostOf()).toBe(10);
  expect(told).toEqual(Array.from({ length: 25 }, () => 'Rota Finding Closed'));
  expect(await store.findings.all()).toEqual([]);
});
