import { counted } from '../core/counted.ts';
import { severities } from '../core/findings/list-findings.ts';
import { asffOf } from '../core/inventory/asff.ts';
import { csvHeader, csvLine } from '../core/inventory/csv.ts';
import { jsonOf } from '../core/inventory/json-line.ts';
import type { JudgedKey } from '../core/inventory/judge-key.ts';
import type { Summary } from '../core/inventory/summary.ts';
import { table } from './table.ts';

/** What is told of a target in the end. */
export interface SweptTarget {
  /** `own account` where there is not one key to tell it. */
  readonly accountId: string;
  readonly region: string;
  readonly summary?: Summary;
  readonly requests?: Readonly<Record<string, number>>;
  readonly throttled?: Readonly<Record<string, number>>;
  /** Why it could not be swept. */
  readonly error?: string;
}

/** Writes an inventory while it is being taken: nothing is kept but what the end needs. */
export interface InventoryOutput {
  begin(): string;
  key(judged: JudgedKey): string;
  end(targets: readonly SweptTarget[]): string;
}

/** The items of a JSON array, one a line, as they come. */
function items(): (item: unknown) => string {
  let first = true;
  return (item) => {
    const line = `${first ? '' : ','}\n  ${JSON.stringify(item)}`;
    first = false;
    return line;
  };
}

/** One document: `{"asOf", "keys": [...], "targets": [...]}`. */
export function jsonOutput(asOf: string): InventoryOutput {
  const item = items();
  return {
    begin: () => `{"asOf": ${JSON.stringify(asOf)}, "keys": [`,
    key: (judged) => item(jsonOf(judged)),
    end: (targets) => `\n], "targets": ${JSON.stringify(targets, null, 2)}}\n`,
  };
}

/** One document: an array of findings, as BatchImportFindings takes them by the hundred. */
export function asffOutput(nowMs: number): InventoryOutput {
  const item = items();
  return {
    begin: () => '[',
    key: (judged) => {
      const finding = asffOf(judged, nowMs);
      return finding === undefined ? '' : item(finding);
    },
    end: () => '\n]\n',
  };
}

export const csvOutput = (): InventoryOutput => ({ begin: () => csvHeader, key: csvLine, end: () => '' });

const where = ({ arn }: JudgedKey): string => {
  const [, , , region = '', accountId = ''] = arn.split(':');
  return `${accountId} ${region}`;
};

const nameOf = ({ key }: JudgedKey): string => (key.aliases.length === 0 ? key.keyId : [...key.aliases].sort().join(' '));
const classText = ({ class: its }: JudgedKey): string => (its.class === 'manual' ? `manual, ${its.why}` : its.class === 'rotates' ? `rotates, ${its.periodDays} days` : its.class);

function counts(of: Readonly<Record<string, number>>): string {
  const some = Object.entries(of).filter(([, n]) => n > 0);
  return some.length === 0 ? 'none' : some.map(([name, n]) => `${n} ${name}`).join(', ');
}

function targetText({ accountId, region, summary, error }: SweptTarget): string {
  if (summary === undefined) return `${accountId} ${region}: not swept. ${error ?? ''}`;
  return [
    `${accountId} ${region}: ${counted(summary.keys, 'key')}`,
    `  classes   ${counts(summary.byClass)}`,
    `  standing  ${counts(summary.byStanding)}`,
    `  findings  ${counts(summary.findings)}`,
    ...summary.missing.map((alias) => `  missing   ${alias} is in the registry, and no key here has it: runbooks/inventory.md, "missing"`),
  ].join('\n');
}

/** The urgent first; then what is excused, then what is in order. */
function rankOf(standing: string): number {
  const rank = (severities as readonly string[]).indexOf(standing);
  return rank >= 0 ? rank : severities.length + (standing.startsWith('excused') ? 0 : 1);
}

/** For people: what is to be done, then the counts. With `all`, keys that are in order too. */
export function textOutput(all: boolean): InventoryOutput {
  const rows: { readonly rank: number; readonly cells: readonly string[] }[] = [];
  const add = (standing: string, ...[place, key, its, what]: readonly [string, string, string, string]) => rows.push({ rank: rankOf(standing), cells: [place, key, its, standing, what] });
  const remedies = new Set<string>();
  return {
    begin: () => '',
    key: (judged) => {
      const { findings } = judged;
      if (all && findings.length === 0) add(judged.standing, where(judged), nameOf(judged), classText(judged), '');
      for (const { name, sentence, remedy, excused, severity } of findings) {
        add(excused === undefined ? severity : `excused until ${excused.until}`, where(judged), nameOf(judged), classText(judged), sentence);
        remedies.add(`${name}: ${remedy.replace(judged.key.keyId, 'KEYID')}`);
      }
      return '';
    },
    end: (targets) =>
      `${[
        ...(rows.length === 0 ? [] : [table([['ACCOUNT AND REGION', 'KEY', 'CLASS', 'STANDING', 'WHAT'], ...rows.sort((a, b) => a.rank - b.rank).map((row) => row.cells)]), '']),
        ...remedies,
        ...(remedies.size === 0 ? [] : ['']),
        ...targets.map(targetText),
      ].join('\n')}\n`,
  };
}
