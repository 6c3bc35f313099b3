import type { Adoption, AdoptionUse } from '../core/adoption/adoption.ts';
import { table } from './table.ts';

const useTable = (uses: readonly AdoptionUse[]): string =>
  uses.length === 0
    ? '    nobody'
    : table([
        ['   ', 'PRINCIPAL', 'OPERATION', 'NAMES IT BY', 'TIMES', 'LAST', 'ENDED WITH'],
        ...uses.map((use) => ['   ', use.principal, use.operation, use.namedBy, String(use.count), use.lastAt, use.error ?? 'success']),
      ]);

const grantLine = ({ grantId, grantee, operations, carriedOver }: Adoption['grants'][number]): string =>
  `    ${grantee} may ${operations.join(', ')} (${carriedOver ? 'carried over to the new key' : 'made since, not on the new key'}; ${grantId})`;

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', title, ...lines]);

/** Adoption for a terminal: who has not moved first, since that is what somebody must act on. */
export function adoptionText(a: Adoption): string {
  return [
    `${a.alias}  rotation ${a.rotationId}, cut over ${a.cutoverAt}`,
    `  old key   ${a.oldKeyId}`,
    `  new key   ${a.newKeyId}`,
    `  evidence  ${a.since} to ${a.until}, ${a.evidenceComplete ? 'complete' : 'INCOMPLETE'}`,
    ...section('  Still encrypt, sign or MAC with the old key', [useTable(a.stillMaking)]),
    ...section('  Only decrypt or verify with it', [useTable(a.onlyOpening)]),
    ...section('  Encrypt, sign or MAC with the new key', [useTable(a.adopted)]),
    ...section('  Hold the ARN or the id of the old key: let them name the alias', a.holdingOldKey.map((principal) => `    ${principal}`)),
    ...section('  Aliases that lead to the old key', a.aliasesOfOldKey.map((alias) => `    ${alias}`)),
    ...section('  Grants left on the old key', a.grants.map(grantLine)),
    ...section('  Mind', a.mind.map((sentence) => `    ${sentence}`)),
  ].join('\n');
}
