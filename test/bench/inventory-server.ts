/** The embedded AWS of the inventory bench, in a process of its own: `node inventory-server.mjs '{"count": …, "quotaScale": …}'`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedAws } from '../../local/server.ts';
import { options } from '../embedded-options.ts';
import { writeEstates, type EstateOptions } from '../estate/estate.ts';

const { quotaScale, ...estate } = JSON.parse(process.argv[2] ?? '{}') as EstateOptions & { quotaScale: number };
const folder = await mkdtemp(join(tmpdir(), 'rota-bench-'));
await writeEstates(folder, [estate]);
const aws = await startEmbeddedAws(options(folder, { latencyMs: 5, quotaScale }));
process.stdout.write(`${aws.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => void aws.close().then(() => rm(folder, { recursive: true, force: true })));
