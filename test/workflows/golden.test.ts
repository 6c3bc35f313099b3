import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workflowNames } from '../../cdk/definition.ts';
import { printedWorkflow } from '../../scripts/print-workflows.ts';

/** After a change that is meant: `npm run workflows && cp dist/workflows/*.asl.json test/golden/`, and read the difference. */
test.each(workflowNames)('%s is what test/golden says', (name) => {
  expect(printedWorkflow(name)).toBe(readFileSync(`test/golden/${name}.asl.json`, 'utf8'));
});

test('test/golden has no file of a workflow that is gone', () => {
  expect(readdirSync('test/golden').sort()).toEqual(workflowNames.map((name) => `${name}.asl.json`).sort());
});
