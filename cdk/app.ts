/**
 * The CDK app: `npm run synth`, then `cdk deploy --app cdk.out Rota`. Nothing is looked up, so that it works offline; one template fits every
 * account and Region.
 *
 * Context: `platformArns` (comma-separated ARNs that may apply the first registry), `retentionMode` (`GOVERNANCE`, the default, or
 * `COMPLIANCE`) and `retentionYears` (1 to 100, default 7) of dossiers, `consoleUrl` (where the console is opened, if by a name of your own), `publishedBuckets` and `publishedParameters` (comma-separated, default
 * `rota-published-*` and `/rota/published/*`): where public keys may be published. `mailTo` (comma-separated e-mail addresses), `webhookUrl` (HTTPS)
 * and `webhookSecret` (the name of its secret in Secrets Manager): who is told of approvals and rotations. `sweepRoles` (default
 * `arn:aws:iam::*:role/rota-sweep`, in the partition of the stack): the roles in other accounts that sweeps may assume. `kmsQuotas` (like `GetParametersForImport=5,CreateKey=20`):
 * request quotas of KMS that AWS has raised for this account. `configRules` (`none`, the default, `rota` or `rota-and-managed`): rules of AWS Config,
 * for an account that has a configuration recorder; without one the deployment would fail. `permissionsBoundary`: the name of a managed policy that every role
 * of the stack is bounded by, where the account demands one; it must allow what the roles are for.
 * `sweptAccounts` (comma-separated ids) and `sweptOrganizationId` (like `o-abcd123456`): whose events of KMS are taken, none when left out.
 *
 * With `sweptBy` (Rota's place, like `111122223333/eu-central-1`) there is another stack, `RotaSwept`, for every other account and Region that is swept; `sweepPeople` (comma-separated
 * ARNs in Rota's account, `*` allowed, default none), `sweepMayEnable` (`no`, the default, or `yes`) and `sweptPermissionsBoundary` are for it.
 *
 * With `guardrailTargets` (comma-separated root, organisational units or accounts) there is one more, `RotaGuardrails`, with service control
 * policies for the account that manages the organisation; `breakGlassArns`, `rotaArns`, `longestPeriodDays` and `ownerTag` are for it.
 */
import { App, Aspects, Aws, PermissionsBoundary, Stack } from 'aws-cdk-lib';
import { quotasOf } from '../core/pace/kms-rates.ts';
import { IamArn } from '../core/ids.ts';
import { sweepRoleName } from '../core/inventory/sweep-role.ts';
import type { Senders } from './bus-policy.ts';
import { RequireRotation } from './guardrails/require-rotation.ts';
import { KeyGuardrails, type GuardrailsProps } from './guardrails/service-control-policies.ts';
import type { Recipients } from './notices.ts';
import { configRuleChoices, RotaStack, type ConfigRules } from './rota-stack.ts';
import { SweptAccountStack, type SweptBy } from './swept-account.ts';
import type { Retention } from './tables.ts';

/** Makes the app with one stack, `Rota`. Throws for a context value that makes no sense. */
export function makeCdkApp(context: Readonly<Record<string, string>> = {}, outdir = 'cdk.out'): App {
  const app = new App({ outdir, analyticsReporting: false, context });
  const given = (name: string, otherwise: string): string => String((app.node.tryGetContext(name) as string | number | undefined) ?? otherwise);
  new RotaStack(app, 'Rota', {
    description: 'Rota: rotates the KMS keys that AWS cannot rotate by itself',
    // Without its functions and roles every rotation that waits would fail.
    terminationProtection: true,
    ...boundary(given('permissionsBoundary', '')),
    retention: { mode: retentionMode(given('retentionMode', 'GOVERNANCE')), years: retentionYears(given('retentionYears', '7')) },
    platformArns: platformArns(given('platformArns', '')),
    sweepRoles: listed(given('sweepRoles', `arn:${Aws.PARTITION}:iam::*:role/${sweepRoleName}`)),
    senders: senders(listed(given('sweptAccounts', '')), given('sweptOrganizationId', '')),
    ...consoleUrl(given('consoleUrl', '')),
    kmsQuotas: kmsQuotas(given('kmsQuotas', '')),
    published: { buckets: listed(given('publishedBuckets', 'rota-published-*')), parameters: listed(given('publishedParameters', '/rota/published/*')) },
    configRules: configRules(given('configRules', 'none')),
    recipients: recipients(listed(given('mailTo', '')), given('webhookUrl', ''), given('webhookSecret', '')),
  });
  const place = given('sweptBy', '');
  if (place !== '')
    new SweptAccountStack(app, 'RotaSwept', { description: 'Rota: its role in an account that it sweeps, and the events of KMS that go to it', ...boundary(given('sweptPermissionsBoundary', '')), ...sweptBy(place, listed(given('sweepPeople', '')), given('sweepMayEnable', 'no')) });
  const targetIds = listed(given('guardrailTargets', ''));
  if (targetIds.length > 0) {
    const stack = new Stack(app, 'RotaGuardrails', { description: 'Rota: what no account of the organisation may do with its KMS keys' });
    new KeyGuardrails(stack, 'Keys', { targetIds, ...guardrailsFrom(given) });
  }
  Aspects.of(app).add(new RequireRotation());
  return app;
}

const boundary = (name: string): { permissionsBoundary?: PermissionsBoundary } => (name === '' ? {} : { permissionsBoundary: PermissionsBoundary.fromName(name) });

function kmsQuotas(text: string): string {
  quotasOf(text);
  return text;
}

function configRules(text: string): ConfigRules {
  const chosen = configRuleChoices.find((choice) => choice === text);
  if (chosen === undefined) throw new Error(`context configRules is ${text}: write ${configRuleChoices.slice(0, -1).join(', ')} or ${configRuleChoices.at(-1) ?? ''}`);
  return chosen;
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

/** What the service control policies say, from context. Throws when nobody could break the glass. */
export const guardrailsFrom = (given: (name: string, otherwise: string) => string): GuardrailsProps => ({
  breakGlassArns: listed(given('breakGlassArns', '')),
  rotaArns: listed(given('rotaArns', 'arn:*:iam::*:role/Rota-*')),
  longestPeriodDays: Number(given('longestPeriodDays', '365')),
  ownerTag: given('ownerTag', 'owner'),
});

function senders(accounts: readonly string[], organizationId: string): Senders {
  const wrong = accounts.find((account) => !/^\d{12}$/.test(account));
  if (wrong !== undefined) throw new Error(`context sweptAccounts has ${wrong}: write account ids, twelve digits each, with commas between`);
  if (organizationId === '') return { accounts };
  if (!/^o-[a-z0-9]{10,32}$/.test(organizationId)) throw new Error(`context sweptOrganizationId is ${organizationId}: write the id of an organisation, such as o-abcd123456`);
  return { accounts, organizationId };
}

function sweptBy(place: string, people: readonly string[], mayEnable: string): SweptBy {
  const [, account, region] = /^(\d{12})\/([a-z]{2}(?:-[a-z]+)+-\d)$/.exec(place) ?? [];
  if (account === undefined || region === undefined) throw new Error(`context sweptBy is ${place}: write the account and the Region of Rota, such as 111122223333/eu-central-1`);
  const stranger = people.find((arn) => !new RegExp(`^arn:[a-z-]+:iam::${account}:(user|role)/[\\w+=,.@*/-]+$`).test(arn));
  if (stranger !== undefined) throw new Error(`context sweepPeople has ${stranger}: write ARNs of IAM users or roles of account ${account}, with commas between`);
  if (mayEnable !== 'yes' && mayEnable !== 'no') throw new Error(`context sweepMayEnable is ${mayEnable}: write yes or no`);
  return { rota: { account, region }, people, mayEnable: mayEnable === 'yes' };
}

function recipients(mailTo: readonly string[], url: string, secretName: string): Recipients {
  const wrong = mailTo.find((address) => !/^[^\s@]+@[^\s@]+$/.test(address));
  if (wrong !== undefined) throw new Error(`context mailTo has ${wrong}: write e-mail addresses, with commas between`);
  if (url === '' && secretName === '') return { mailTo };
  if (!/^https:\/\/[^\s]+$/.test(url)) throw new Error(`context webhookUrl is ${url === '' ? 'not given' : url}: write an https URL`);
  if (secretName === '') throw new Error('context webhookSecret is not given: write the name of a secret in Secrets Manager');
  return { mailTo, webhook: { url, secretName } };
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
