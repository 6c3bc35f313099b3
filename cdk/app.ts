/**
 * The CDK app: `npm run synth`, then `cdk deploy --app cdk.out`. Nothing is looked up, so that it works offline; one template fits every
 * account and Region.
 *
 * Context: `platformArns` (comma-separated ARNs that may apply the first registry), `retentionMode` (`GOVERNANCE`, the default, or
 * `COMPLIANCE`) and `retentionYears` (1 to 100, default 7) of dossiers, `consoleUrl` (where the console is opened, if by a name of your own), `publishedBuckets` and `publishedParameters` (comma-separated, default
 * `rota-published-*` and `/rota/published/*`): where public keys may be published.
 */
import { App } from 'aws-cdk-lib';
import { IamArn } from '../core/ids.ts';
import { RotaStack } from './rota-stack.ts';
import type { Retention } from './tables.ts';

/** Makes the app with one stack, `Rota`. Throws for a context value that makes no sense. */
export function makeCdkApp(context: Readonly<Record<string, string>> = {}, outdir = 'cdk.out'): App {
  const app = new App({ outdir, analyticsReporting: false, context });
  const given = (name: string, otherwise: string): string => String((app.node.tryGetContext(name) as string | number | undefined) ?? otherwise);
  new RotaStack(app, 'Rota', {
    description: 'Rota: rotates the KMS keys that AWS cannot rotate by itself',
    retention: { mode: retentionMode(given('retentionMode', 'GOVERNANCE')), years: retentionYears(given('retentionYears', '7')) },
    platformArns: platformArns(given('platformArns', '')),
    ...consoleUrl(given('consoleUrl', '')),
    published: { buckets: listed(given('publishedBuckets', 'rota-published-*')), parameters: listed(given('publishedParameters', '/rota/published/*')) },
  });
  return app;
}

function retentionMode(mode: string): Retention['mode'] {
  if (mode === 'GOVERNANCE' || mode === 'COMPLIANCE') return mode;
  throw new Error(`context retentionMode is ${mode}: write GOVERNANCE or COMPLIANCE`);
}

function retentionYears(text: string): number {
  const years = Number(text);
  if (Number.isInteger(years) && years >= 1 && years <= 100) return years;
  throw new Error(`context retentionYears is ${text}: write whole years, 1 to 100`);
}

const listed = (text: string): string[] => text.split(',').map((item) => item.trim()).filter((item) => item !== '');

function consoleUrl(text: string): { consoleUrl?: string } {
  if (text === '') return {};
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.pathname !== '/') throw new Error(`context consoleUrl is ${text}: write https, a host name and nothing behind it, such as https://rota.bank.example/`);
  return { consoleUrl: url.href };
}

function platformArns(text: string): string[] {
  const arns = listed(text);
  const wrong = arns.find((arn) => !IamArn.safeParse(arn).success);
  if (wrong !== undefined) throw new Error(`context platformArns has ${wrong}: write ARNs of IAM users, roles or role sessions, with commas between`);
  return arns;
}
