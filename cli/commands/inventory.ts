import { InvalidArgumentError, Option, type Command } from 'commander';
import { isoSeconds } from '../../core/clock.ts';
import { accountOfArn } from '../../core/ids.ts';
import { policiesOf } from '../../core/inventory/policies.ts';
import { allInOrder } from '../../core/inventory/summary.ts';
import { command } from '../command.ts';
import { accessOf, isHome, notSwept, registryOf, sweep, targetText, targetsOf, withEstateOptions, type EstateOptions, type Swept, type Target } from '../estate.ts';
import { SaidAlready } from '../failure.ts';
import { asffOutput, csvOutput, jsonOutput, textOutput, type InventoryOutput, type SweptTarget } from '../inventory-output.ts';
import { nowOf, type Io } from '../io.ts';

interface Options extends EstateOptions {
  readonly csv?: boolean;
  readonly asff?: boolean;
  readonly all?: boolean;
  readonly rotations?: boolean;
  readonly lastUse?: boolean;
  readonly asOf?: number;
}

function readDay(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a day such as 2027-06-30.');
  return ms;
}

/** A line on stderr for every so many keys of a target. */
const progressEvery = 1000;

export const inventory = (io: Io): Command =>
  withEstateOptions(
    command('inventory', 'Look at every key: which AWS rotates, which people must, and whether that was done in time', [
      'rota inventory',
      'rota inventory --region eu-central-1 --region eu-west-1 --role-arn arn:aws:iam::111122223333:role/rota-sweep --csv > keys.csv',
      'rota inventory --asff > findings.json',
      'rota inventory --as-of 2027-12-31   # what will be overdue by then',
    ]),
  )
    .addOption(new Option('--csv', 'one line a key on stdout').conflicts(['json', 'asff']))
    .addOption(new Option('--asff', 'Security Hub findings on stdout, one a key: one JSON array').conflicts(['json', 'csv']))
    .option('--all', 'in the table, list keys that are in order too')
    .option('--rotations', 'list the rotations in place of every imported key, not only where being in time hangs on them')
    .option('--last-use', 'ask for the last use of every key that people rotate; AWS allows five such questions a second')
    .addOption(new Option('--as-of <day>', 'judge as on that day').argParser(readDay))
    .addHelpText('after', '\nExit codes: 0 all in order or excused, 1 findings or an account that could not be swept, 2 usage.')
    .action(async (options: Options, self: Command) => {
      const targets = targetsOf(io, options, self);
      const registry = await registryOf(io, options);
      if (registry === undefined) io.err('rota: no registry: give --registry or set ROTA_URL, else every key that people rotate shows as unregistered\n');
      const nowMs = options.asOf ?? nowOf(io);
      const output = outputOf(options, nowMs);
      io.out(output.begin());
      const swept = await Promise.all(
        targets.map((target, i) => {
          let seen = 0;
          const settings = {
            ...accessOf(io, options),
            policies: policiesOf(registry ?? { keys: [] }, { home: isHome(registry, target, i) }),
            allRotations: options.rotations === true,
            lastUse: options.lastUse === true,
            nowMs,
          };
          const sweeping = sweep(target, settings, (judged) => {
            if (++seen % progressEvery === 0) io.err(`rota: ${targetText(target)}: ${seen} keys\n`);
            io.out(output.key(judged));
          });
          return sweeping.then(told, (error: unknown) => failed(io, target, error));
        }),
      );
      io.out(output.end(swept));
      if (!swept.every(({ summary }) => summary !== undefined && allInOrder(summary))) throw new SaidAlready();
    });

function outputOf({ json, csv, asff, all }: Options, nowMs: number): InventoryOutput {
  if (json === true) return jsonOutput(isoSeconds(nowMs));
  if (csv === true) return csvOutput();
  return asff === true ? asffOutput(nowMs) : textOutput(all === true);
}

const ownAccount = 'own account';

const told = ({ target, accountId, summary, requests, throttled }: Swept): SweptTarget => ({ accountId: accountId === '' ? ownAccount : accountId, region: target.region, summary, requests, throttled });

/** One account that refuses does not stop the others. */
function failed(io: Io, target: Target, error: unknown): SweptTarget {
  const sentence = notSwept(io, target, error);
  return { accountId: target.roleArn === undefined ? ownAccount : accountOfArn(target.roleArn), region: target.region, error: sentence };
}
