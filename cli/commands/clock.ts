import type { Command } from 'commander';
import { RotaError } from '../../core/errors.ts';
import { secondsPerDay } from '../../core/clock.ts';
import { inWords } from '../../core/spread.ts';
import { command, group } from '../command.ts';
import { show, type Io } from '../io.ts';
import { embeddedCall } from '../embedded-call.ts';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: secondsPerDay };

/** Seconds of `90s`, `15m`, `24h`, `30d`. Throws `BadRequest`. */
function parseDurationSeconds(text: string): number {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (unitSeconds[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(seconds)) throw new RotaError('BadRequest', { problems: [{ where: 'duration', message: `is ${text}: write 90s, 15m, 24h or 30d` }] });
  return seconds;
}

interface Now {
  readonly now: string;
  readonly offsetSeconds: number;
}

const nowText = ({ now, offsetSeconds }: Now): string => `${now}${offsetSeconds === 0 ? ' (real time)' : `, moved ahead by ${inWords(offsetSeconds)}: everything made now is marked`}`;

export function clock(io: Io): Command {
  const advance = command('advance', 'Move the clock of `rota local` ahead; timers on the way fire in order', ['rota clock advance 30d', 'rota clock advance 90s'])
    .argument('<duration>', 'such as 90s, 15m, 24h, 30d')
    .action(async (duration: string, options: { json?: boolean }) => {
      const answer = await embeddedCall<Now>(io, 'AdvanceClock', { seconds: parseDurationSeconds(duration) });
      show(io, options, answer, () => nowText(answer));
    });
  const showIt = command('show', 'Show the time of `rota local`', ['rota clock show'])
    .action(async (options: { json?: boolean }) => {
      const answer = await embeddedCall<Now>(io, 'GetClock', {});
      show(io, options, answer, () => nowText(answer));
    });
  return group('clock', 'The clock of `rota local`, for rehearsals', ['rota clock advance 30d']).addCommand(advance).addCommand(showIt);
}
