import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import type { WaveSummary } from '../../core/wave/wave.ts';
import { command } from '../command.ts';
import { everyPage } from '../every-page.ts';
import { SaidAlready } from '../failure.ts';
import { show, type Io } from '../io.ts';
import { readNumber, readWhole } from '../read-number.ts';
import { apiJson } from '../signed-request.ts';
import { leftOutText, progressLine, wavesText, waveText, type LeftOut, type WaveShown } from '../wave-text.ts';

const readShare = readNumber('a number from 0 to 1', (share) => share >= 0 && share <= 1);
const readCount = readWhole(1, 1000);

export interface WaveOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly due?: boolean;
  readonly reason: string;
  readonly canaries?: number;
  readonly failureShare?: number;
  readonly share?: number;
  readonly most?: number;
}

/** The options of `rota rotate` that are about many keys. */
export const waveOptions = [
  new Option('--due', 'every registered key whose warning time has begun: a wave of rotations, canaries first'),
  new Option('--canaries <n>', 'of a wave: so many first, and the others only when they are complete; left out, one in twenty').argParser(readCount),
  new Option('--failure-share <share>', 'of a wave: nothing more is started when more than this share does not complete; left out, 0.05').argParser(readShare),
  new Option('--share <share>', "of a wave: what it may take of each of KMS's request quotas; left out, 0.5").argParser(readShare),
  new Option('--most <n>', 'of a wave: so many keys at most, the longest overdue first; left out, 1000').argParser(readCount),
];

const stateOf = (io: Io, waveId: string): Promise<WaveShown> => apiJson<WaveShown>(io, { method: 'GET', path: `/api/waves/${encodeURIComponent(waveId)}` });

/** Follows a wave until it has ended or is stopped with nothing under way; the wave goes on without whoever follows it. */
async function followed(io: Io, waveId: string): Promise<WaveShown> {
  for (let told = ''; ; ) {
    const wave = await stateOf(io, waveId);
    const line = progressLine(wave);
    if (line !== told) io.err(io.isTerminal === true ? `\r\u001b[K${line}` : `${line}\n`);
    told = line;
    if (wave.state === 'ended' || (wave.state === 'stopped' && wave.counts.underWay === 0)) {
      if (io.isTerminal === true) io.err('\n');
      return wave;
    }
    await delay(1000);
  }
}

/** Exit code 1 where somebody should look. */
function checkEnd({ state, counts }: WaveShown): void {
  if (state === 'stopped' || counts.failed > 0) throw new SaidAlready();
}

/** Asks for a wave, of these keys or of all that are due, and follows it where that is wanted. */
export async function rotateMany(io: Io, aliases: readonly string[], options: WaveOptions): Promise<void> {
  const { reason, canaries, failureShare, share: quotaShare, most } = options;
  const which = options.due === true ? { due: true } : { aliases };
  const asked = await apiJson<WaveShown | { readonly waveId?: never; readonly leftOut: readonly LeftOut[] }>(io, { method: 'POST', path: '/api/waves', body: { ...which, reason, canaries, failureShare, quotaShare, most } });
  if (asked.waveId === undefined) {
    show(io, options, asked, () => ['Nothing is due.', ...leftOutText(asked.leftOut)].join('\n'));
    return;
  }
  if (options.wait !== true) {
    show(io, options, asked, () => `${waveText(asked)}\nIt goes on by itself. Follow it with \`rota wave ${asked.waveId} --wait\`.`);
    return;
  }
  io.err(`${[asked.waveId, ...leftOutText(asked.leftOut ?? [])].join('\n')}\n`);
  const end = await followed(io, asked.waveId);
  show(io, options, { ...end, leftOut: asked.leftOut }, () => waveText(end));
  checkEnd(end);
}

export const wave = (io: Io): Command =>
  command('wave', 'List all waves of rotations; or show, follow, stop or let go on one', ['rota wave', 'rota wave wave-20261127T050000-9f3c', 'rota wave wave-20261127T050000-9f3c --wait', 'rota wave wave-20261127T050000-9f3c --stop --reason "a consumer broke"'])
    .argument('[waveId]', 'left out: all of them, newest first')
    .option('--wait', 'follow it until it has ended; exit code 1 when it is stopped or something failed')
    .addOption(new Option('--stop', 'start nothing more; what has been started goes on').conflicts('goOn'))
    .option('--go-on', 'let a stopped wave go on: what has failed so far stops it no more')
    .option('--reason <words>', 'with --stop: why')
    .action(async (waveId: string | undefined, options: { json?: boolean; wait?: boolean; stop?: boolean; goOn?: boolean; reason?: string }, self: Command) => {
      if (waveId === undefined) {
        if (options.wait === true || options.stop === true || options.goOn === true) self.error('error: say which wave: `rota wave` lists them');
        const all = await everyPage<WaveSummary>(io, '/api/waves', (one) => one.waveId);
        show(io, options, all, () => wavesText(all));
        return;
      }
      const path = `/api/waves/${encodeURIComponent(waveId)}`;
      if (options.stop === true && options.reason === undefined) self.error("error: option '--stop' needs '--reason <words>'");
      if (options.stop === true) await apiJson(io, { method: 'POST', path: `${path}/stop`, body: { reason: options.reason } });
      if (options.goOn === true) await apiJson(io, { method: 'POST', path: `${path}/go-on`, body: {} });
      const now = options.wait === true ? await followed(io, waveId) : await stateOf(io, waveId);
      show(io, options, now, () => waveText(now));
      if (options.wait === true) checkEnd(now);
    });
