import { Temporal } from 'temporal-polyfill';
import { weekdays, type Freeze } from '../registry/freeze-schema.ts';

/** From the first instant up to, not including, the second; epoch milliseconds. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The windows of a freeze among which the one is that contains an instant, if any does: those that began shortly before it.
 *
 * Where a clock change makes a wall time stand twice, or not at all, a window is never shorter for it: its beginning counts at the earlier
 * of the two instants that are meant, its end at the later one. (Of a time that does not exist those are the readings by the offsets
 * after and before the change. ECMA-402 Temporal, "disambiguation".)
 */
export function windowsNear({ timeZone, once, weekly, monthly }: Freeze, atMs: number): Window[] {
  const zone = inZone(timeZone);
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate();
  if (once !== undefined) return [zone.window(Temporal.PlainDateTime.from(once.from), Temporal.PlainDateTime.from(once.to))];
  if (weekly !== undefined) {
    const { from, to } = weekly;
    const days = [today.subtract({ days: 1 }), today].filter((day) => weekly.days.includes(weekdays[day.dayOfWeek - 1] ?? 'monday'));
    return days.map((day) => zone.window(at(day, from), at(to > from ? day : day.add({ days: 1 }), to)));
  }
  if (monthly !== undefined) {
    const month = today.toPlainYearMonth();
    // From the month before last: a window that began at its end lasts, over a short month, into this one.
    return [2, 1, 0].map((back) => monthWindow(month.subtract({ months: back }), monthly)).map(([from, to]) => zone.window(from, to));
  }
  return [];
}

const at = (day: Temporal.PlainDate, time: string): Temporal.PlainDateTime => day.toPlainDateTime(Temporal.PlainTime.from(time));

const inZone = (timeZone: string) => ({
  window: (from: Temporal.PlainDateTime, to: Temporal.PlainDateTime): Window => ({
    fromMs: from.toZonedDateTime(timeZone, { disambiguation: 'earlier' }).epochMilliseconds,
    toMs: to.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds,
  }),
});

function monthWindow(month: Temporal.PlainYearMonth, { fromDay, from, toDay, to }: NonNullable<Freeze['monthly']>): [Temporal.PlainDateTime, Temporal.PlainDateTime] {
  const dayOf = (m: Temporal.PlainYearMonth, day: number) => m.toPlainDate({ day: day > 0 ? day : m.daysInMonth + 1 + day });
  const begins = at(dayOf(month, fromDay), from);
  const ends = at(dayOf(month, toDay), to);
  return [begins, Temporal.PlainDateTime.compare(ends, begins) > 0 ? ends : at(dayOf(month.add({ months: 1 }), toDay), to)];
}
