import { sha256Hex } from '../../../core/canonical-json.ts';
import { script } from './script.ts';
import { stylesheet } from './stylesheet.ts';

interface Asset {
  readonly contentType: string;
  readonly text: string;
}

/** A name that changes with the text: browsers may keep it for ever. */
const named = (name: string, ending: string, text: string): string => `${name}-${sha256Hex(Buffer.from(text, 'utf8')).slice(0, 12)}.${ending}`;

const stylesheetName = named('rota', 'css', stylesheet);
const scriptName = named('rota', 'js', script);

export const stylesheetPath = `/assets/${stylesheetName}`;
export const scriptPath = `/assets/${scriptName}`;

/** What pages load, by its file name. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  [stylesheetName, { contentType: 'text/css; charset=utf-8', text: stylesheet }],
  [scriptName, { contentType: 'text/javascript; charset=utf-8', text: script }],
]);
