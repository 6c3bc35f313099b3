/**
 * `npm run synth`: builds the Lambda bundles and writes the CloudFormation template to cdk.out/, without the CDK CLI and without a network.
 * Context as in cdk/app.ts: `npm run synth -- -c retentionMode=COMPLIANCE`. Ends 1 on any warning.
 */
import { makeCdkApp } from '../cdk/app.ts';
import { buildLambdas } from './build-lambdas.mjs';
import { contextFromArguments } from './context.ts';

await buildLambdas();
const assembly = makeCdkApp(contextFromArguments()).synth();
for (const { stackName, messages, templateFullPath } of assembly.stacks) {
  for (const { level, id, entry } of messages) console.error(`${level}: ${id}: ${JSON.stringify(entry.data)}`);
  if (messages.length > 0) process.exitCode = 1;
  console.log(`${stackName}: ${templateFullPath}`);
}
