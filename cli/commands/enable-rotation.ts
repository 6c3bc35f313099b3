import { InvalidArgumentError, Option, type Command } from 'commander';
import { isoSeconds } from '../../core/clock.ts';
import { accountOfArn } from '../../core/ids.ts';
import { policiesOf } from '../../core/inventory/policies.ts';
import { command } from '../command.ts';
import { accessOf, enableRotation, isHome, notSwept, openCalls, registryOf, sweep, targetText, targetsOf, withEstateOptions, type EnableOutcome, type EstateOptions, type Target } from '../estate.ts';
import { SaidAlready } from '../failure.ts';
import { nowOf, show, type Io } from '../io.ts';
import { table } from '../table.ts';

interface Options extends EstateOptions {
  readonly all?: boolean;
  readonly apply?: boolean;
  readonly periodDays?: number;
}

function readPeriod(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 90 && days <= 2560) return days;
  throw new InvalidArgumentError('It must be a whole number of days from 90 to 2560.');
}

interface Where {
  readonly region: string;
  /** Left out, one's own. */
  readonly account?: string;
}

interface Line extends Omit<EnableOutcome, 'nextMs'>, Where {
  readonly nextRotationAt?: string;
}

const whereOf = ({ region, roleArn }: Target): Where => ({ region, ...(roleArn === undefined ? {} : { account: accountOfArn(roleArn) }) });

export const enableRotationCommand = (io: Io): Command =>
  withEstateOptions(
    command('enable-rotation', 'Let AWS rotate symmetric keys by itself; without --apply it only says what it would do', [
      'rota enable-rotation --all',
      'rota enable-rotation --all --apply --period-days 180',
      'rota enable-rotation 1234abcd-12ab-34cd-56ef-1234567890ab alias/reports --apply',
      'rota enable-rotation --all --apply --region eu-west-1 --role-arn arn:aws:iam::111122223333:role/rota-sweep',
    ]),
  )
    .argument('[keys...]', 'key ids, ARNs or aliases, all in one account and Region')
    .option('--all', 'every key that an inventory finds without rotation, or rotated less often than the policy; excused ones are left alone')
    .option('--apply', 'do it')
    .addOption(new Option('--period-days <days>', 'days between two rotations (default: automaticRotation.periodDays of the registry, else 365)').argParser(readPeriod))
    .action(async (keys: readonly string[], options: Options, self: Command) => {
      if ((keys.length > 0) === (options.all === true)) self.error('error: name keys, or give --all');
      const targets = targetsOf(io, options, self);
      if (keys.length > 0 && targets.length > 1) self.error('error: keys by name are in one account and Region: give one --region and one --role-arn at most');
      const registry = await registryOf(io, options);
      const periodDays = options.periodDays ?? registry?.automaticRotation?.periodDays ?? 365;
      const policies = (home: boolean) => policiesOf({ keys: [], ...registry, automaticRotation: { periodDays } }, { home });
      const lines: Line[] = [];
      const enableAt = async (target: Target, i: number): Promise<void> => {
        const access = accessOf(io, options);
        const found = keys.length > 0 ? keys : await withoutRotation(target, { ...access, policies: policies(isHome(registry, target, i)), allRotations: false, lastUse: false, nowMs: nowOf(io) });
        const { calls, close } = openCalls(target, access);
        try {
          for await (const { nextMs, ...outcome } of enableRotation(calls, found, { periodDays, apply: options.apply === true }))
            lines.push({ ...outcome, ...whereOf(target), ...(nextMs === undefined ? {} : { nextRotationAt: isoSeconds(nextMs) }) });
        } finally {
          close();
        }
      };
      const failed: (Where & { readonly error: string })[] = [];
      const done = new Set<Target>();
      await Promise.all(
        targets.map((target, i) =>
          enableAt(target, i).then(
            () => done.add(target),
            (error: unknown) => {
              if (targets.length === 1) throw error;
              // One account that refuses does not stop the others.
              failed.push({ ...whereOf(target), error: notSwept(io, target, error) });
            },
          ),
        ),
      );
      lines.sort((a, b) => a.key.localeCompare(b.key));
      show(io, options, { applied: options.apply === true, periodDays, keys: lines, failed }, () => textOf(lines, targets.filter((target) => done.has(target)), options.apply === true));
      if (failed.length > 0 || lines.some(({ outcome }) => outcome === 'failed' || outcome === 'impossible')) throw new SaidAlready();
    });

/** The keys that an inventory finds at fault for their automatic rotation. */
async function withoutRotation(target: Target, settings: Parameters<typeof sweep>[1]): Promise<string[]> {
  const found: string[] = [];
  await sweep(target, settings, ({ key, findings }) => {
    // A replica follows its primary key, which has a finding of its own.
    if (key.description?.multiRegion === 'REPLICA') return;
    if (findings.some(({ name, excused }) => excused === undefined && (name === 'rotation-off' || name === 'rotation-too-slow'))) found.push(key.keyId);
  });
  return found;
}

const words: Readonly<Record<EnableOutcome['outcome'], string>> = {
  enabled: 'on',
  shortened: 'on, more often',
  'would-enable': 'would be on',
  'would-shorten': 'would rotate more often',
  unchanged: 'on already',
  impossible: 'not possible',
  failed: 'FAILED',
};

function textOf(lines: readonly Line[], targets: readonly Target[], applied: boolean): string {
  const rows = lines.map(({ key, region, account, outcome, periodDays, reason, nextRotationAt }) => [
    account === undefined ? region : `${account} ${region}`,
    key,
    words[outcome],
    reason ?? `every ${periodDays ?? 0} days${nextRotationAt === undefined ? '' : `, next on ${nextRotationAt.slice(0, 10)}`}`,
  ]);
  if (rows.length === 0) return targets.length === 0 ? '' : `Nothing to do in ${targets.map(targetText).join(', ')}.`;
  return `${table(rows)}${applied ? '' : '\nNothing was changed: add --apply to do it.'}`;
}
