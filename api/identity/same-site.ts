import type { Context } from 'hono';
import { RotaError } from '../../core/errors.ts';
import { consolePlace } from './console-place.ts';

/**
 * Throws `CrossSite` for a change that no page of this console asked for: every browser that knows passkeys sends `Origin` with a POST and
 * `Sec-Fetch-Site` with everything. Fetch Standard, "Origin header"; W3C Fetch Metadata Request Headers.
 */
export function checkSameSite(deps: { readonly consoleUrl: string }, c: Context): void {
  const site = c.req.header('sec-fetch-site');
  if (c.req.header('origin') !== consolePlace(deps).origin || (site !== undefined && site !== 'same-origin')) throw new RotaError('CrossSite', {});
}
