import { expect, test } from 'vitest';
import { PlanView } from '../../api/pages/plan-view.tsx';
import { show } from '../../cli/io.ts';
import { planText } from '../../cli/plan-text.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import { exampleFacts, exampleKey } from '../core/plan/example-plan.ts';

/** A grant whose constraint would turn what stands behind it around. */
const plan = makePlan({
  rotationId: 'payments-1',
  registered: exampleKey,
  facts: { ...exampleFacts, grants: [{ grantId: 'g1', granteePrincipal: 'arn:aws:iam::111122223333:role/app', operations: ['Decrypt'], constraints: { EncryptionContextEquals: { 'to\u202eken': 'x' } } }] },
  requestedBy: 'carol',
  reason: 'yearly rotation',
  requestedAt: '2026-11-24T14:54:23Z',
});

test('an approver sees every character of a plan, in the console', () => {
  const page = (PlanView({ plan }) as { toString: () => string }).toString();
  expect(page).not.toContain('\u202e');
  expect(page).toContain('to\\u202eken');
});

test('and at a terminal, in words and as JSON', () => {
  for (const json of [false, true]) {
    let out = '';
    show({ out: (text) => (out += text), err: () => undefined, env: {} }, { json }, plan, () => planText(plan, 'ab'.repeat(32)));
    expect(out).not.toContain('\u202e');
    expect(out).toContain('to\\u202eken');
    if (json) expect(JSON.parse(out)).toEqual(plan);
  }
});
