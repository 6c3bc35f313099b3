import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { registryJsonSchema, registryJsonSchemaText } from '../../../core/registry/json-schema.ts';
import { badRegistries, goodRegistry, goodWithTokens, textOf } from './registry-cases.ts';

const check = new Ajv2020({ strict: true, allErrors: true, formats: { uri: (text: string) => URL.canParse(text), date: (text: string) => !Number.isNaN(Date.parse(text)) } }).compile(registryJsonSchema());

/** Whether an editor marks a file; what is no YAML it marks by itself. */
function isMarked(text: string): boolean {
  try {
    return !check(parse(text));
  } catch {
    return true;
  }
}

/** What JSON Schema has no words for: how parts of a file fit together, certificates, zones, the calendar. */
const onlyPlanSees = [
  'warning longer than the period',
  'quorum beyond the group',
  'an auditor, who never decides, among the approvers',
  'the same identity twice',
  'no certificate',
  'seats for which too few people are left',
  'seats that nobody can fill whoever asks',
  'an escalation of a group that is not asked',
  'an escalation to nobody',
  'an escalation that comes after the silence has closed the question',
  'a reminder before the question is there',
  'an offset in place of a zone',
  'a freeze of a key that is not there',
  'a freeze without end',
  'a freeze that ends before it begins',
  'a freeze without a window',
  'a person twice',
  'a key twice',
  'a group that is empty',
  'silence longer than the question',
  'an emergency weaker than the cutover',
  'a retirement longer than a year',
  'quiet or a finding after more than a year',
  'a certificate that nobody can encrypt to',
  'imported material without escrow',
  'a consumer of a target that is not there',
  'a consumer whose person is unknown',
  'more acknowledgements than consumers',
  'a rollover longer than a year',
  'a freeze in a zone that is not there',
  'a freeze on the thirtieth of February',
  'a freeze on the 31st of every month',
  'freezes of one name',
];

test('rota.schema.json is what the schema in the code says', () => {
  expect(readFileSync('rota.schema.json', 'utf8')).toBe(registryJsonSchemaText());
});

test.each([goodRegistry, goodWithTokens])('an editor takes a file that is right', (text) => {
  expect(check(parse(text)), JSON.stringify(check.errors)).toBe(true);
});

test('an editor marks what is wrong in one place; what two places say about each other is for `rota registry plan`', () => {
  const unmarked = badRegistries.filter((bad) => !isMarked(textOf(bad))).map(({ name }) => name);
  expect(unmarked).toEqual(onlyPlanSees);
});
