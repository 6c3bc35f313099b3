import type { RolloverStatus, RotationStatus } from '../core/rotation-status.ts';
import { howToEnd } from './status-text.ts';

const width = 100;

/** A line whose text goes on below itself where it is longer than the terminal that we count on. */
function line(head: string, text: string): string {
  const room = width - head.length;
  const rows: string[] = [];
  for (const word of text.split(' ')) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows.map((row, i) => `${i === 0 ? head : ' '.repeat(head.length)}${row}`.trimEnd()).join('\n');
}

const hasEnded = ({ status }: RotationStatus): boolean => status !== 'RUNNING' && status !== 'WAITING';

/** The timeline of a rollover: a line a state, then the consumers, then what it waits for. ASCII, 100 columns. */
export function rolloverText(s: RotationStatus): string {
  const { rollover } = s;
  if (rollover === undefined) return `${s.rotationId} rolls no public key over, or is not planned yet: see \`rota status ${s.rotationId}\`.`;
  return [
    `${s.alias}  ${rollover.state}  (rotation ${s.rotationId}, ${s.status}${rollover.emergency ? ', EMERGENCY' : ''})`,
    ...(rollover.newThumbprint === undefined ? [] : [`  old key  ${rollover.oldThumbprint ?? '?'}`, `  new key  ${rollover.newThumbprint}`]),
    ...(rollover.keySet === undefined ? [] : [`  key set  number ${rollover.keySet.sequence}, SHA-256 ${rollover.keySet.sha256}`]),
    '',
    ...stateLines(s, rollover),
    ...(rollover.consumers.length === 0 ? [] : ['', '  Consumers', ...consumerLines(s, rollover)]),
    '',
    ...waitLines(s, rollover),
  ].join('\n');
}

/** Marks: done, where it stands, to come with the earliest date. */
function stateLines(s: RotationStatus, { state, dates, putBackAt }: RolloverStatus): string[] {
  const lines = dates.map((d) => {
    const isNow = d.state === state && !hasEnded(s);
    const mark = isNow ? '[>]' : d.reached ? '[x]' : '[ ]';
    if (!d.reached && hasEnded(s)) return line(`  [-] ${d.state.padEnd(9)}  `, 'not reached');
    return line(`  ${mark} ${d.state.padEnd(9)}  ${d.reached ? '   ' : '>= '}${d.at}  `, d.because);
  });
  return putBackAt === undefined ? lines : [...lines, line('  [!] PUT BACK      ', `${putBackAt}  the aliases are at the old key again`)];
}

function consumerLines(s: RotationStatus, { consumers, acknowledgements, missing }: RolloverStatus): string[] {
  const widest = Math.max(...consumers.map((c) => c.name.length));
  const lines = consumers.map(({ name, contact, acknowledges, deadline }) => {
    const given = acknowledgements.find((a) => a.consumer === name);
    if (given !== undefined) return line(`  [x] ${name.padEnd(widest)}  `, `${given.kind} by ${given.by} at ${given.at}${given.late ? ', late' : ''}${given.reason === undefined ? '' : `: ${given.reason}`}`);
    if (acknowledges === 'informed') return line(`  [i] ${name.padEnd(widest)}  `, `is informed and need not acknowledge (${contact})`);
    return line(`  [ ] ${name.padEnd(widest)}  `, `has not acknowledged${deadline === undefined ? '' : `, due ${deadline}`} (${contact})`);
  });
  return missing === 'nobody' || hasEnded(s) ? lines : [...lines, line('  Missing  ', missing)];
}

function waitLines(s: RotationStatus, { dates }: RolloverStatus): string[] {
  const { error } = s;
  if (hasEnded(s)) return [line('  Ended    ', `${s.status}${error === undefined ? '' : `: ${error.sentence}`}`), ...s.leftBehind.map((left) => line('  Left     ', left))];
  const lines = [
    ...s.waitingFor.map((id) => line('  Waits    ', `for approvers: rota approve ${id} --reason "..."`)),
    ...s.waits.map(({ name, until, because }) => line('  Waits    ', `until ${until} at most: ${because}${howToEnd(name, s.rotationId)}`)),
  ];
  if (lines.length > 0) return lines;
  const next = dates.find((d) => !d.reached);
  return [line('  Next     ', next === undefined ? 'the dossier' : `${next.state}, ${next.at} at the earliest`)];
}
