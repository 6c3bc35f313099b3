import { isoSeconds } from '../clock.ts';
import type { JudgedKey } from './judge-key.ts';
import { materialSinceMs } from './renewal.ts';

const columns: readonly (readonly [name: string, cell: (judged: JudgedKey) => string | number | undefined])[] = [
  ['arn', ({ arn }) => arn],
  ['aliases', ({ key }) => key.aliases.join(' ')],
  ['class', ({ class: its }) => its.class],
  ['why', ({ class: its }) => (its.class === 'manual' ? its.why : its.class === 'unknown' ? its.reason : undefined)],
  ['standing', ({ standing }) => standing],
  ['findings', ({ findings }) => findings.map(({ name, excused }) => (excused === undefined ? name : `${name} (excused until ${excused.until})`)).join(' ')],
  ['state', ({ key }) => key.description?.state],
  ['keySpec', ({ key }) => key.description?.spec],
  ['origin', ({ key }) => key.description?.origin],
  ['created', ({ key }) => iso(key.description?.createdMs)],
  ['periodDays', ({ class: its }) => (its.class === 'rotates' ? its.periodDays : undefined)],
  ['nextRotation', ({ class: its }) => (its.class === 'rotates' ? iso(its.nextMs) : undefined)],
  ['owner', ({ policy }) => policy?.owner],
  ['registeredAs', ({ policy }) => policy?.alias],
  ['materialSince', (judged) => iso(materialSinceMs(judged))],
  ['due', ({ renewal }) => iso(renewal?.dueMs)],
  ['materialExpires', ({ key }) => iso(key.description?.validToMs)],
  ['rotationsLeft', ({ rotationsLeft }) => rotationsLeft],
  ['madeByRotation', ({ key }) => key.tags['rota:rotation']],
  ['lastUsed', ({ key }) => iso(key.lastUse?.atMs)],
];

const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : isoSeconds(ms));

/** A text cell that begins so would be run as a formula by a spreadsheet. */
const formula = /^[=+\-@\t\r]/;

function cell(value: string | number | undefined): string {
  const text = formula.test(String(value ?? '')) && typeof value === 'string' ? `'${value}` : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** RFC 4180: a header line, then one line a key. */
export const csvHeader = `${columns.map(([name]) => name).join(',')}\r\n`;
export const csvLine = (judged: JudgedKey): string => `${columns.map(([, of]) => cell(of(judged))).join(',')}\r\n`;
