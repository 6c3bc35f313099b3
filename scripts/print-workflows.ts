/**
 * `npm run workflows`: writes every state machine to `dist/workflows/<name>.asl.json`, for people and tools to look at.
 * What `${…}` in them stands for is said in cdk/definition.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { definitionText, workflowNames } from '../cdk/definition.ts';
import type { WorkflowName } from '../workflows/catalogue.ts';

/** The file as `npm run workflows` writes it. */
export const printedWorkflow = (name: WorkflowName): string => `${definitionText(name, 'aws')}\n`;

function main(): void {
  mkdirSync('dist/workflows', { recursive: true });
  for (const name of workflowNames) {
    const file = `dist/workflows/${name}.asl.json`;
    writeFileSync(file, printedWorkflow(name));
    console.log(file);
  }
}

if (process.argv[1] === import.meta.filename) main();
