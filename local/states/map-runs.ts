import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import type { Running } from './draft.ts';
import { standingOf, type Standing } from './map-run.ts';
import type { MapRun } from './model.ts';
import { checkArn, isOwn } from './names.ts';
import { arn, maxResults, operation, present, seconds, type Api, type Operation, type Output } from './operation.ts';
import { page } from './paging.ts';

/** MODEL:stepfunctions LongArn. */
export const mapRunArn = z.string().min(1).max(2000);

/** A Map Run of the caller's account and Region, and the execution around it. Throws ResourceNotFound. */
export function mapRunAt({ store, clock, caller }: Pick<Api, 'store' | 'clock' | 'caller'>, wanted: string): { run: MapRun; owner: Running } {
  checkArn(wanted, 'mapRun');
  const owner = isOwn(caller, wanted) ? store.execution(store.mapRunOwners.get(wanted) ?? '', clock.now()) : undefined;
  const run = owner?.mapRuns.get(wanted);
  if (owner === undefined || run === undefined) throw new AwsError('ResourceNotFound', `Resource not found: '${wanted}'`);
  return { run, owner };
}

const describe = operation(z.strictObject({ mapRunArn }), (input, api) => {
  const { run, owner } = mapRunAt(api, input.mapRunArn);
  const children = api.store.children(run.arn);
  const standing = run.inputs.map(({ items }, index) => ({ items, at: standingOf(run, children[index]) }));
  return present({
    mapRunArn: run.arn,
    executionArn: owner.identity.arn,
    status: run.status,
    startDate: seconds(run.startMs),
    stopDate: run.stopMs === undefined ? undefined : seconds(run.stopMs),
    maxConcurrency: run.maxConcurrency,
    toleratedFailureCount: run.toleratedFailureCount ?? 0,
    toleratedFailurePercentage: run.toleratedFailurePercentage ?? 0,
    itemCounts: counts(standing),
    executionCounts: counts(standing.map(({ at }) => ({ at, items: 1 }))),
    redriveCount: run.redriveCount,
    redriveDate: run.redriveMs === undefined ? undefined : seconds(run.redriveMs),
  });
});

/** Recorded on AWS: what has succeeded counts as written, though nothing wrote it (LocalStack snapshot test_list_map_runs_and_describe_map_run). */
function counts(standing: readonly { items: number; at: Standing }[]): Output {
  const count = (...wanted: Standing[]): number => standing.reduce((sum, { items, at }) => sum + (wanted.length === 0 || wanted.includes(at) ? items : 0), 0);
  return {
    pending: count('pending'),
    running: count('running'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    timedOut: count('timedOut'),
    aborted: count('aborted'),
    total: count(),
    resultsWritten: count('succeeded'),
  };
}

const list = operation(z.strictObject({ executionArn: arn, maxResults, nextToken: z.string().min(1).max(1024).optional() }), (input, { store, clock, caller }) => {
  checkArn(input.executionArn, 'execution');
  const owner = isOwn(caller, input.executionArn) ? store.execution(input.executionArn, clock.now()) : undefined;
  if (owner === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${input.executionArn}'`);
  const { items, nextToken } = page([...owner.mapRuns.values()].reverse(), `map runs ${input.executionArn}`, input, clock.now());
  return present({ mapRuns: items.map((run) => summary(run, owner)), nextToken });
});

const summary = ({ arn: run, label, startMs, stopMs }: MapRun, { identity }: Running): Output =>
  present({
    executionArn: identity.arn,
    mapRunArn: run,
    stateMachineArn: `${identity.machineArn.split('/')[0] ?? ''}/${label}`,
    startDate: seconds(startMs),
    stopDate: stopMs === undefined ? undefined : seconds(stopMs),
  });

export const mapRunOperations: Readonly<Record<string, Operation>> = { DescribeMapRun: describe, ListMapRuns: list };
