/**
 * `npm run synth`: builds the Lambda bundles and writes the CloudFormation template to cdk.out/, without the CDK CLI and without a network.
 * Context as in cdk/app.ts: `npm run synth -- -c retentionMode=COMPLIANCE`. Ends 1 on any warning.
 */
import { parseArgs } from 'node:util';
import { makeCdkApp } from '../cdk/app.ts';
import { buildLambdas } from './build-lambdas.mjs';

const { values } = parseArgs({ options: { context: { type: 'string', short: 'c', multiple: true, default: [] } } });
const context = Object.fromEntries(values.context.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));

await buildLambdas();
const assembly = makeCdkApp(context).synth();
for (const { stackName, messages, templateFullPath } of assembly.stacks) {
  for (const { level, id, entry } of messages) console.error(`${level}: ${id}: ${JSON.stringify(entry.data)}`);
  if (messages.length > 0) process.exitCode = 1;
  console.log(`${stackName}: ${templateFullPath}`);
}
