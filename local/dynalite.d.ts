declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** `path` keeps the tables on disk (LevelDB); the delays are how long a table stays CREATING and the like. */
  export default function dynalite(options: { path?: string; createTableMs?: number; deleteTableMs?: number; updateTableMs?: number }): Server;
}
