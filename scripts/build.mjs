// Builds `rota` into dist/rota.js: `npm ci` runs it, so that `npx rota` works at once.
import { build } from 'esbuild';

await build({
  entryPoints: ['cli/main.ts'],
  outfile: 'dist/rota.js',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
});
