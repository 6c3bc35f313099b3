// Builds the code of the Lambda functions: one bundle for all tasks, one for the API. SDK clients are bundled too, so that
// what runs is what was tested, not what the Lambda runtime happens to carry.
import { build } from 'esbuild';

/** Writes dist/lambda/tasks/index.mjs and dist/lambda/api/index.mjs. */
export async function buildLambdas() {
  for (const name of ['tasks', 'api'])
    await build({
      entryPoints: [`${name}/lambda.ts`],
      outfile: `dist/lambda/${name}/index.mjs`,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx',
      // CommonJS packages (node-forge) call `require`, which an ES module does not have.
      banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
      logLevel: 'warning',
    });
}
