/**
 * Runs a CommonJS bundle by the code that V8 compiled for it the last time: most of the start of a process that lives for a second
 * is compiling. `node load.cjs <bundle> ...`
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

const [, , bundle = ''] = process.argv;
process.argv.splice(1, 1);
const kept = `${bundle}.compiled`;
const script = new Script(`(function (require, module, exports) {${readFileSync(bundle, 'utf8')}\n})`, { filename: bundle, ...(existsSync(kept) ? { cachedData: readFileSync(kept) } : {}) });
const itself = { exports: {} };
(script.runInThisContext() as (require: NodeJS.Require, module: object, exports: object) => void)(createRequire(bundle), itself, itself.exports);
if (!existsSync(kept))
  process.on('exit', () => {
    // Renamed into place: others may be starting.
    writeFileSync(`${kept}.${process.pid}`, script.createCachedData());
    renameSync(`${kept}.${process.pid}`, kept);
  });
