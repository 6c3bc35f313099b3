import { expect, test } from 'vitest';
import { FindingFilter, listFindings } from '../../../core/findings/list-findings.ts';
import type { OpenFinding } from '../../../core/findings/open-finding.ts';
import type { KpiFact } from '../../../core/kpi/facts.ts';
import { addFacts, noFacts } from '../../../core/kpi/tally.ts';

const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
const arn = `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`;
const there = `arn:aws:kms:eu-west-1:444455556666:key/${keyId}`;
const at = (day: number): string => `2026-11-0${day}T12:00:00Z`;
const open = (name: OpenFinding['name'], day: number, more: Partial<OpenFinding> = {}): OpenFinding => ({ name, severity: 'medium', about: arn, place: '111122223333/eu-central-1', sentence: 'It is so.', remedy: 'Mend it.', openedAt: at(day), seenBy: 'sweep one', ...more });
const isOpen = [
  open('rotation-off', 3, { aliases: ['alias/payments', 'alias/pay'] }),
  open('alias-moved', 1, { severity: 'high', about: 'alias/payments', owner: 'payments-owners' }),
  open('overdue', 2, { severity: 'high', about: there, place: '444455556666/eu-west-1' }),
];
const opened = (findingId: string, kind: string, about: string, more: object = {}): KpiFact => ({ fact: 'finding-opened', at: at(1), findingId, kind, about, evidence: 'sweep none', ...more });
const closed = (findingId: string, more: object = {}): KpiFact => ({ fact: 'finding-closed', at: at(4), findingId, evidence: 'sweep two: it is so no more', ...more });
const tally = addFacts(noFacts, [
  ...[opened('f1', 'overdue', arn, { place: '111122223333/eu-central-1', owner: 'payments-owners', aliases: ['alias/payments'] }), closed('f1')],
  // As an earlier release told it.
  ...[opened('f2', 'rotation-off', there), closed('f2', { notMended: 'excused' })],
  // Still open: the table has it.
  opened('f3', 'overdue', there),
]);

const listed = (query: Record<string, string>) => listFindings(isOpen, tally, FindingFilter.parse(query)).map((f) => ('closedAt' in f ? f.findingId : f.name));

test.each<[string, Record<string, string>, string[]]>([
  ['all that are open, oldest first', {}, ['alias-moved', 'overdue', 'rotation-off']],
  ['a form that was sent as it is', { state: '', severity: '', kind: '', key: '', owner: '', place: '' }, ['alias-moved', 'overdue', 'rotation-off']],
  ['by severity', { severity: 'high' }, ['alias-moved', 'overdue']],
  ['by kind', { kind: 'rotation-off' }, ['rotation-off']],
  ['by alias, the key\'s and the alias\'s own', { key: 'alias/payments' }, ['alias-moved', 'rotation-off']],
  ['by another alias of the key', { key: 'alias/pay' }, ['rotation-off']],
  ['by a part of an alias', { key: 'alias/p' }, []],
  ['by key id, in any Region', { key: keyId }, ['overdue', 'rotation-off']],
  ['by ARN', { key: there }, ['overdue']],
  ['by owner', { owner: 'payments-owners' }, ['alias-moved']],
  ['by account', { place: '444455556666' }, ['overdue']],
  ['by Region', { place: 'eu-central-1' }, ['alias-moved', 'rotation-off']],
  ['by account and Region', { place: '444455556666/eu-west-1' }, ['overdue']],
  ['by more than one of these', { severity: 'high', place: 'eu-central-1' }, ['alias-moved']],
  ['those that are over', { state: 'closed' }, ['f1', 'f2']],
  ['those that are over, by alias', { state: 'closed', key: 'alias/payments' }, ['f1']],
  ['those that are over, by Region, though nobody told it', { state: 'closed', place: 'eu-west-1' }, ['f2']],
  ['all about a key', { state: 'all', key: arn }, ['f1', 'rotation-off']],
])('%s', (_, query, names) => expect(listed(query)).toEqual(names));

test('what is over says when, by what, and whether somebody mended it', () => {
  const [first, second] = listFindings([], tally, FindingFilter.parse({ state: 'closed' }));
  expect(first).toEqual({ findingId: 'f1', name: 'overdue', severity: 'high', about: arn, place: '111122223333/eu-central-1', owner: 'payments-owners', aliases: ['alias/payments'], openedAt: at(1), seenBy: 'sweep none', closedAt: at(4), closedBy: 'sweep two: it is so no more' });
  expect(second).toMatchObject({ place: '444455556666/eu-west-1', notMended: 'excused' });
});

test('what is no severity, kind or state is refused', () => {
  for (const query of [{ severity: 'huge' }, { kind: 'overdo' }, { state: 'gone' }, { sort: 'name' }]) expect(FindingFilter.safeParse(query).success).toBe(false);
});
