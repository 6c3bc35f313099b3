/**
 * `npm run guardrails`: writes the service control policies to `dist/guardrails/<name>.json`, for organisations that keep theirs elsewhere, and for
 * `rota local --scp`. Context as in cdk/app.ts: `npm run guardrails -- -c breakGlassArns=arn:aws:iam::*:role/break-glass`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { guardrailsFrom } from '../cdk/app.ts';
import { keyServiceControlPolicies } from '../cdk/guardrails/service-control-policies.ts';
import { contextFromArguments } from './context.ts';

const context = contextFromArguments();
try {
  const policies = keyServiceControlPolicies(guardrailsFrom((name, otherwise) => context[name] ?? otherwise));
  mkdirSync('dist/guardrails', { recursive: true });
  for (const { name, document } of policies) {
    const file = `dist/guardrails/${name}.json`;
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    console.log(file);
  }
} catch (error) {
  console.error(`guardrails: ${(error as Error).message}`);
  process.exitCode = 1;
}
