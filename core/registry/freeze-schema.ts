/** Times in which the registry wants nothing to change: `freezes` of rota.yaml. All times are wall times of a named zone. */
import { z } from 'zod';
import { AliasName } from '../ids.ts';
import { Name } from './name.ts';

const LocalTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "18:00"');
const LocalDateTime = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/, 'must be a local date and time such as 2026-12-15T18:00, without zone');
/** Counted from the start of the month, or from its end: -1 is the last day. Every month has these days. */
const MonthDay = z.int().refine((d) => (d >= 1 && d <= 28) || (d <= -1 && d >= -28), 'must be 1 to 28, or -1 to -28 counted from the end of the month');

function isZone(name: string): boolean {
  // An offset such as +01:00 knows no daylight saving, which is what a zone is named for.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** What a freeze can hold. Going back and emergencies are held by a freeze only that says so. */
export const FrozenStage = z.enum(['cutover', 'retire', 'rollback', 'emergency']);
export type FrozenStage = z.infer<typeof FrozenStage>;

export const Freeze = z
  .strictObject({
    name: Name,
    reason: z.string().min(3).max(200),
    /** IANA name, such as Europe/Berlin. The rules are those that Node's own ICU data has. */
    timeZone: z.string().refine(isZone, 'must be an IANA time zone such as Europe/Berlin'),
    once: z.strictObject({ from: LocalDateTime, to: LocalDateTime }).optional(),
    /** On each of these days; where `to` is not after `from` it ends on the day after. */
    weekly: z.strictObject({ days: z.array(z.enum(weekdays)).min(1), from: LocalTime, to: LocalTime }).optional(),
    /** From a day of each month to the next such day: `fromDay: -2, toDay: 1` goes over the end of the month. */
    monthly: z.strictObject({ fromDay: MonthDay, from: LocalTime, toDay: MonthDay, to: LocalTime }).optional(),
    holds: z.array(FrozenStage).min(1).default(['cutover', 'retire']),
    /** Left out, it holds every key of the registry. */
    aliases: z.array(AliasName).min(1).optional(),
  })
  .superRefine(({ once, weekly, monthly }, context) => {
    if ([once, weekly, monthly].filter((w) => w !== undefined).length !== 1) context.addIssue({ code: 'custom', path: [], message: 'must have one of once, weekly, monthly' });
    if (once !== undefined && once.to <= once.from) context.addIssue({ code: 'custom', path: ['once', 'to'], message: `is ${once.to}, which is not after ${once.from}` });
  });
export type Freeze = z.infer<typeof Freeze>;
