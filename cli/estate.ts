/**
 * What `rota inventory` and `rota enable-rotation` share. They ask KMS themselves, with the credentials of whoever runs them, since they
 * work in accounts where Rota is not deployed too.
 */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { accountOfArn } from '../core/ids.ts';
import { isRotaError } from '../core/errors.ts';
import { requestQuotas, type PacedOperation } from '../core/inventory/request-quotas.ts';
import { readQuota, usualShare } from '../core/kms-quotas.ts';
import { readRegistry } from '../core/registry/read-registry.ts';
import type { Registry } from '../core/registry/registry-schema.ts';
import { enableRotation, type EnableOutcome } from '../store/inventory/enable-rotation.ts';
import { sweep, type Swept } from '../store/inventory/sweep.ts';
import { openCalls, type Access, type Target } from '../store/inventory/target.ts';
import type { Io } from './io.ts';
import { readNumber } from './read-number.ts';
import { registryText } from './registry-text.ts';
import { apiJson, namesRota } from './signed-request.ts';

export { enableRotation, openCalls, sweep, type Access, type EnableOutcome, type Swept, type Target };

/** The options of every command that goes through an estate. */
export interface EstateOptions {
  readonly json?: boolean;
  readonly region: readonly string[];
  readonly roleArn: readonly string[];
  readonly share: number;
  readonly quota: Readonly<Partial<Record<PacedOperation, number>>>;
  readonly registry?: string;
}

const gather = <T>(read: (text: string) => T) => (text: string, before: readonly T[]): readonly T[] => [...before, read(text)];

function readRegion(text: string): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a Region such as eu-central-1.');
}

function readRoleArn(text: string): string {
  if (/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the ARN of a role, such as arn:aws:iam::111122223333:role/rota-sweep.');
}

const readShare = readNumber('a number above 0, and 1 at most', (share) => share > 0 && share <= 1);

function addQuota(text: string, before: EstateOptions['quota']): EstateOptions['quota'] {
  const quota = readQuota(text, requestQuotas);
  if (quota !== undefined) return { ...before, ...quota };
  throw new InvalidArgumentError(`It must be like DescribeKey=4000; the operations are ${Object.keys(requestQuotas).join(', ')}.`);
}

export const withEstateOptions = (command: Command): Command =>
  command
    .addOption(new Option('--region <region>', 'a Region; may be repeated').argParser(gather(readRegion)).default([], 'AWS_REGION'))
    .addOption(new Option('--role-arn <arn>', 'a role to assume, in an account to look at; may be repeated').argParser(gather(readRoleArn)).default([], 'your own account'))
    .addOption(new Option('--share <share>', 'of each KMS request quota, what this may use; others have the rest').argParser(readShare).default(usualShare))
    .addOption(new Option('--quota <operation=n>', 'requests a second that your account has; may be repeated').argParser(addQuota).default({}, 'what AWS gives every account'))
    .addOption(new Option('--registry <file>', 'rota.yaml to go by (default: the registry of ROTA_URL, if that is set)'));

/** Every account in every Region that was named. */
export function targetsOf({ env }: Io, { region, roleArn }: EstateOptions, self: Command): readonly [Target, ...Target[]] {
  const own = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  const regions = region.length > 0 ? region : own === undefined ? [] : [own];
  const targets = regions.flatMap((at): Target[] => (roleArn.length === 0 ? [{ region: at }] : roleArn.map((arn) => ({ region: at, roleArn: arn }))));
  const [first, ...rest] = targets;
  if (first === undefined) return self.error('error: no Region: give --region, or set AWS_REGION');
  return [first, ...rest];
}

export function accessOf({ env }: Io, { share, quota }: EstateOptions): Access {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const kms = env.AWS_ENDPOINT_URL_KMS ?? env.AWS_ENDPOINT_URL;
  const tagging = env.AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API ?? env.AWS_ENDPOINT_URL;
  const sts = env.AWS_ENDPOINT_URL_STS ?? env.AWS_ENDPOINT_URL;
  return {
    share,
    quotas: quota,
    endpoints: { ...(kms === undefined ? {} : { kms }), ...(tagging === undefined ? {} : { tagging }), ...(sts === undefined ? {} : { sts }) },
    ...(accessKeyId === undefined || secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
  };
}

interface EstateRegistry extends Pick<Registry, 'keys' | 'exceptions' | 'automaticRotation'> {
  /** Where the Rota is that has it; a file does not say. */
  readonly place?: { readonly accountId: string; readonly region: string };
}

/** The registry to measure keys by; undefined where none was named. Throws `RegistryInvalid`, or what the API refused. */
export async function registryOf(io: Io, { registry: file }: EstateOptions): Promise<EstateRegistry | undefined> {
  if (file !== undefined) return readRegistry(await registryText(file), file);
  if (!namesRota(io)) return undefined;
  const { registry, place } = await apiJson<{ registry: Registry; place: NonNullable<EstateRegistry['place']> }>(io, { method: 'GET', path: '/api/registry' });
  return { ...registry, place };
}

/** Whether the registry's aliases are those of a target. Rota says where it is, and what needs no role is taken for its account; those of a file are of the first. */
export function isHome(registry: EstateRegistry | undefined, { region, roleArn }: Target, index: number): boolean {
  if (registry?.place === undefined) return index === 0;
  return region === registry.place.region && (roleArn === undefined || accountOfArn(roleArn) === registry.place.accountId);
}

export const targetText = ({ region, roleArn }: Target): string => (roleArn === undefined ? region : `${accountOfArn(roleArn)} ${region}`);

/** Says that a target could not be swept, and what to do. Answers the sentence that says why. */
export function notSwept(io: Io, target: Target, error: unknown): string {
  const sentence = isRotaError(error) ? error.message : error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const remedy = isRotaError(error) ? error.remedy : 'It needs kms:ListKeys, kms:ListAliases, kms:DescribeKey, kms:GetKeyRotationStatus and tag:GetResources: runbooks/inventory.md.';
  io.err(`rota: ${targetText(target)} could not be swept. ${sentence}\n      ${remedy}\n`);
  return sentence;
}
