import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import db, { type Store, type TableRecord } from 'dynalite/db/index.js';
import validations from 'dynalite/validations/index.js';
import type { Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** What dynalite implements; UpdateTimeToLive and transactions are not among it. */
const operations: ReadonlySet<string> = new Set([
  ...['BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable', 'DescribeTimeToLive', 'GetItem', 'ListTables'],
  ...['ListTagsOfResource', 'PutItem', 'Query', 'Scan', 'TagResource', 'UntagResource', 'UpdateItem', 'UpdateTable'],
]);

type Action = (store: Store, input: object, done: (error: Error | null | undefined, output?: Record<string, unknown>) => void) => void;

const load = createRequire(import.meta.url);
const partOf = (kind: 'actions' | 'validations', operation: string): unknown =>
  load(`dynalite/${kind}/${operation.charAt(0).toLowerCase()}${operation.slice(1)}.js`);

/**
 * DynamoDB by dynalite's rules and actions, without its HTTP server: that would listen on a port of its own and checks no
 * signature. LevelDB hands each write to the operating system before the answer, so that it outlives a kill of the process.
 * The kernel holds LevelDB's lock for as long as the process lives: throws a sentence when another has the folder.
 */
export async function openDynamoDb({ folder, accountId, region }: { folder: string; accountId: string; region: string }): Promise<Service> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const store = db.create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await store.db.open().catch((error: unknown) => {
    if (((error as Error).cause as { code?: string } | undefined)?.code !== 'LEVEL_LOCKED') throw error;
    throw new Error(`${dirname(folder)} is in use by another process: stop it, or use another folder.`);
  });
  readAtOnce(store);
  store.tableDb.awsAccountId = accountId;
  store.tableDb.awsRegion = region;
  const settled = rememberTables(store);
  await finishTables(store).catch(async (error: unknown) => {
    await store.db.close();
    throw error;
  });

  return {
    handle(operation, input, caller) {
      if (caller.accountId !== accountId) return Promise.reject(new AwsError('AccessDeniedException', `The embedded DynamoDB has the tables of account ${accountId} only.`));
      if (operations.has(operation)) return run(store, operation, input).finally(() => settled(operation));
      return Promise.reject(new AwsError('UnknownOperationException', `The embedded DynamoDB does not know the operation ${operation}.`));
    },
    close: () => store.db.close(),
  };
}

async function run(store: Store, operation: string, input: object): Promise<Record<string, unknown>> {
  const { types, custom } = partOf('validations', operation) as { types: unknown; custom: unknown };
  const act = partOf('actions', operation) as Action;
  try {
    const checked = validations.checkTypes(input, types);
    validations.checkValidations(checked, types, custom, store);
    const output = await new Promise<Record<string, unknown>>((resolve, reject) => {
      act(store, checked, (error, answered = {}) => {
        if (error) reject(error);
        else resolve(answered);
      });
    });
    if (/^(Create|Update|Delete)Table$/.test(operation)) await tableSettled(store, (checked as { TableName: string }).TableName);
    return output;
  } catch (error) {
    throw awsErrorOf(error) ?? error;
  }
}

/** dynalite throws an error that carries the answer: its status and its body. */
function awsErrorOf(error: unknown): AwsError | undefined {
  const { statusCode, body } = error as { statusCode?: number; body?: Record<string, unknown> };
  if (statusCode === undefined || body === undefined) return undefined;
  const { __type, message, Message, ...fields } = body as { __type: string; message?: string; Message?: string };
  return new AwsError(__type.replace(/^.*#/, ''), message ?? Message ?? '', statusCode, fields);
}

/** LevelDB finds an item in a few microseconds, in its memory or in the kernel's: to have a thread do that takes twenty times as long. */
function readAtOnce({ db: level }: Store): void {
  level.get = (key, done) => {
    let value: unknown;
    try {
      value = level.getSync(key);
    } catch (error) {
      setImmediate(done, error as Error);
      return;
    }
    setImmediate(done, null, value);
  };
}

/**
 * dynalite reads a table's record from disk for each call; here it is read once, until an operation on tables. Nothing but those changes a record.
 * Answers what to call after each operation.
 */
function rememberTables(store: Store): (operation: string) => void {
  const read = store.getTable.bind(store);
  const known = new Map<string, TableRecord>();
  let round = 0;
  store.getTable = (name, checkStatus, done) => {
    const answer = (typeof checkStatus === 'function' ? checkStatus : done) as (error: Error | null, table?: TableRecord) => void;
    const table = typeof checkStatus === 'function' || checkStatus ? known.get(name) : undefined;
    if (table !== undefined) {
      answer(null, table);
      return;
    }
    const at = round;
    read(name, checkStatus, (error: Error | null, found?: TableRecord) => {
      if (error === null && found?.TableStatus === 'ACTIVE' && at === round) known.set(name, found);
      answer(error, found);
    });
  };
  return (operation) => {
    if (!/^(Create|Update|Delete)Table$/.test(operation)) return;
    round += 1;
    known.clear();
  };
}

const readTable = (store: Store, name: string): Promise<TableRecord | undefined> =>
  new Promise((resolve) => store.getTable(name, false, (error, table) => resolve(error === null ? table : undefined)));

/** dynalite ends a change of a table a turn later, also at 0 ms: waiting for that here makes tables active at once. */
async function tableSettled(store: Store, name: string): Promise<void> {
  while ((await readTable(store, name))?.TableStatus.endsWith('ING') === true) await new Promise((resolve) => setImmediate(resolve));
}

/** A kill between the two steps of a change left a table CREATING, UPDATING or DELETING, for good as dynalite sees it. */
async function finishTables(store: Store): Promise<void> {
  const { TableNames } = (await run(store, 'ListTables', {})) as { TableNames: string[] };
  for (const name of TableNames) {
    const table = await readTable(store, name);
    if (table === undefined || table.TableStatus === 'ACTIVE') continue;
    const deleting = table.TableStatus === 'DELETING';
    table.TableStatus = 'ACTIVE';
    for (const index of table.GlobalSecondaryIndexes ?? []) index.IndexStatus = 'ACTIVE';
    await new Promise<void>((resolve, reject) => store.tableDb.put(name, table, (error) => (error === null ? resolve() : reject(error))));
    if (deleting) await run(store, 'DeleteTable', { TableName: name });
  }
}
