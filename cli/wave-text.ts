import { cut } from '../core/cut.ts';
import { countsText, percent, type WaveStatus, type WaveSummary } from '../core/wave/wave.ts';
import { table } from './table.ts';

/** A wave as the API answers it. */
export type WaveShown = WaveStatus & { readonly leftOut?: readonly LeftOut[] };

export interface LeftOut {
  readonly alias: string;
  readonly why: string;
}

const barCells = 30;

const total = ({ counts }: WaveSummary): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
const done = ({ counts: { complete, failed, skipped } }: WaveStatus): number => complete + failed + skipped;

const stateText: Readonly<Record<WaveStatus['state'], string>> = { canaries: 'canaries first', rate: 'starting', 'all started': 'all started', stopped: 'stopped', ended: 'ended' };

/** One line: how far a wave has come, and until when it will take. */
export function progressLine(wave: WaveStatus): string {
  const filled = Math.floor((barCells * done(wave)) / total(wave));
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(barCells - filled)}]`;
  const until = wave.predictedEnd ?? wave.lastStartAt;
  const when = until === undefined ? '' : wave.predictedEnd === undefined ? `; last start about ${until}` : `; ends about ${until}`;
  return `${bar} ${done(wave)}/${total(wave)} ${stateText[wave.state]}: ${countsText(wave)}${when}`;
}

/** One line a wave. */
export const wavesText = (waves: readonly WaveSummary[]): string =>
  waves.length === 0 ? 'No wave was ever asked for.' : table(waves.map((wave) => [wave.waveId, stateText[wave.state], countsText(wave), wave.requestedBy, wave.requestedAt, cut(wave.reason.replace(/\s+/g, ' '), 60)]));

/** Everything about one wave that a person wants to see. */
export function waveText(wave: WaveShown): string {
  const { waveId, state, requestedBy, requestedAt, reason, quotaShare, canaries, failureShare, bottleneck, stopped } = wave;
  const rows = wave.members.map((m) => [m.alias, m.outcome ?? (m.startedAt === undefined ? 'not started' : 'under way'), m.rotationId, m.why ?? '']);
  return [
    `${waveId}  ${stateText[state]}`,
    `  asked by    ${requestedBy} at ${requestedAt}: ${reason}`,
    `  pace        ${Number(bottleneck.perSecond.toPrecision(3))} a second: ${bottleneck.operation}, ${percent(quotaShare)} of its quota`,
    `  canaries    ${canaries}; stops when more than ${percent(failureShare)} do not complete`,
    `  ${progressLine(wave)}`,
    ...(stopped === undefined ? [] : [`  stopped     ${stopped.at}: ${stopped.because}`]),
    table(rows.map((row) => ['', ...row])),
    ...leftOutText(wave.leftOut ?? []),
  ].join('\n');
}

export const leftOutText = (leftOut: readonly LeftOut[]): string[] => leftOut.map(({ alias, why }) => `Left out: ${alias} ${why}.`);
