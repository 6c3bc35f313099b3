import { isoSeconds, secondsPerDay } from '../clock.ts';
import type { Freeze, FrozenStage } from '../registry/freeze-schema.ts';
import { windowsNear } from './windows.ts';

/** Why something waits, and for how long if the calendar stays as it is. */
export interface Held {
  /** ISO 8601, UTC: the first instant outside every window. */
  readonly until: string;
  /** In words, with the names of the freezes. */
  readonly because: string;
}

/** What a freeze is asked about. */
export interface FrozenAct {
  readonly stage: FrozenStage;
  readonly alias: string;
}

/** An execution lasts a year at most: further ahead nothing is looked for. */
const horizonMs = 400 * secondsPerDay * 1000;

/** Whether an act must wait at `nowMs`; windows that touch or overlap are one. `until` is `never` where no end is in sight. */
export function heldUntil(freezes: readonly Freeze[], { stage, alias }: FrozenAct, nowMs: number): Held | undefined {
  const those = freezes.filter(({ holds, aliases }) => holds.includes(stage) && (aliases === undefined || aliases.includes(alias)));
  const reasons = new Map<string, string>();
  let untilMs = nowMs;
  for (let grown = true; grown && untilMs < nowMs + horizonMs; ) {
    grown = false;
    for (const freeze of those)
      for (const { fromMs, toMs } of windowsNear(freeze, untilMs))
        if (fromMs <= untilMs && untilMs < toMs) {
          untilMs = toMs;
          grown = true;
          reasons.set(freeze.name, freeze.reason);
        }
  }
  if (reasons.size === 0) return undefined;
  const because = `freeze ${[...reasons].map(([name, reason]) => `${name} (${reason})`).join(', then ')}`;
  return { until: untilMs < nowMs + horizonMs ? isoSeconds(untilMs) : 'never', because };
}

/** The freezes that leave a key no time at all for a stage that they hold, whatever the date: the recurring ones are looked at, for a year. */
export function frozenForEver(freezes: readonly Freeze[], act: FrozenAct): boolean {
  const recurring = freezes.filter(({ once }) => once === undefined);
  return heldUntil(recurring, act, Date.UTC(2027, 0, 1))?.until === 'never';
}
