import { build } from 'esbuild';

/** Bundles a file of this folder, for a process of its own. Answers where it is. */
export async function bundle(name: string): Promise<string> {
  const outfile = `dist/bench/${name}.mjs`;
  await build({ entryPoints: [`test/bench/${name}.ts`], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', packages: 'external', logLevel: 'warning' });
  return outfile;
}
