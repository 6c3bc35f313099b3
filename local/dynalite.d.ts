/** The parts of dynalite that local/dynamodb.ts drives; the package has no types. */
declare module 'dynalite/db/index.js' {
  export interface TableRecord {
    TableName: string;
    TableStatus: string;
    GlobalSecondaryIndexes?: { IndexStatus: string }[];
  }
  export interface Store {
    tableDb: { awsAccountId: string; awsRegion: string; put(name: string, table: TableRecord, done: (error: Error | null) => void): void };
    getTable(name: string, checkStatus: boolean, done: (error: Error | null, table: TableRecord) => void): void;
    db: { open(): Promise<void>; close(): Promise<void>; get(key: string, done: (error: Error | null, value?: unknown) => void): void; getSync(key: string): unknown };
  }
  const db: { create(options: { path: string; createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';
  const validations: {
    checkTypes(input: object, types: unknown): object;
    checkValidations(input: object, types: unknown, custom: unknown, store: Store): void;
  };
  export default validations;
}
