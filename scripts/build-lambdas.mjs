// Builds the code of the Lambda functions: one bundle for all tasks, one for the API, one for notices. SDK clients are bundled too, so that
// what runs is what was tested, not what the Lambda runtime happens to carry.
import { build } from 'esbuild';

const bundles = { tasks: 'tasks', api: 'api', notices: 'api/notices' };

/** Writes dist/lambda/<bundle>/index.mjs of each. */
export async function buildLambdas() {
  for (const [name, folder] of Object.entries(bundles))
    await build({
      entryPoints: [`${folder}/lambda.ts`],
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
