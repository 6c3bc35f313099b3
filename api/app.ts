import { Hono, type Context } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { isRotaError, RotaError } from '../core/errors.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { acknowledgePages } from './pages/acknowledge.tsx';
import { consolePages } from './pages/console.tsx';
import { errorPage } from './pages/error.tsx';
import { longAnswers } from './pieces.ts';
import { acknowledgementRoutes } from './routes/acknowledgements.ts';
import { adoptionRoutes } from './routes/adoption.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { dossierRoutes } from './routes/dossiers.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { passkeyRoutes } from './routes/passkeys.ts';
import { pieceRoutes } from './routes/pieces.ts';
import { registryRoutes } from './routes/registry.ts';
import { retirementRoutes } from './routes/retirements.ts';
import { rotationRoutes } from './routes/rotations.ts';
import { sweepRoutes } from './routes/sweeps.ts';
import { waitRoutes } from './routes/waits.ts';
import { waveRoutes } from './routes/waves.ts';

const self = ["'self'"];
const contentSecurityPolicy = { defaultSrc: ["'none'"], styleSrc: self, scriptSrc: self, connectSrc: self, formAction: self, baseUri: ["'none'"], frameAncestors: ["'none'"] };
/** Under `no-referrer` a form would send `Origin: null`, and where it comes from could not be told. */
const headers = secureHeaders({ contentSecurityPolicy, referrerPolicy: 'same-origin' });
/** Of pages whose path is a secret. */
const secretHeaders = secureHeaders({ contentSecurityPolicy, referrerPolicy: 'no-referrer' });

/**
 * The HTTP app: every route under `/api` wants a signed request; answers are JSON, refusals have name, sentence and remedy. The rest is the
 * console, which wants a session, and pages behind one-use links.
 */
export function makeApp(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use((c, next) => (/^\/(enrol|acknowledge)\//.test(c.req.path) ? secretHeaders : headers)(c, next));
  app.route('/', acknowledgePages(deps));
  app.route('/', consolePages(deps));

  app.use('/api/*', async (c, next) => {
    const signedBy = c.env.signedBy;
    if (signedBy === undefined) return c.json({ error: 'NotSigned', sentence: 'The request carries no AWS signature.', remedy: 'Use `rota`, or sign for the service execute-api.' }, 403);
    c.set('signedBy', signedBy);
    c.header('cache-control', 'no-store');
    return next();
  });
  app.route('/api', pieceRoutes(deps));
  app.use('/api/*', longAnswers(deps));
  for (const routes of [rotationRoutes, adoptionRoutes, retirementRoutes, approvalRoutes, acknowledgementRoutes, waitRoutes, registryRoutes, dossierRoutes, passkeyRoutes, outboxRoutes, sweepRoutes, waveRoutes]) app.route('/api', routes(deps));

  app.notFound((c) => {
    const sentence = `There is nothing at ${c.req.path}.`;
    return wantsPage(c) ? c.html(errorPage({ title: 'Not found', sentence, remedy: 'Look whether the address is whole.' }), 404) : c.json({ error: 'NotFound', sentence, remedy: 'See `rota help`.' }, 404);
  });
  app.onError((error, c) => {
    const known = isRotaError(error) ? error : asRefusal(error);
    const status = known.httpStatus as 500;
    c.header('cache-control', 'no-store');
    return wantsPage(c)
      ? c.html(errorPage({ title: known.httpStatus === 404 ? 'Not found' : 'This does not work', sentence: known.message, remedy: known.remedy }), status)
      : c.json({ error: known.name, sentence: known.message, remedy: known.remedy }, status);
  });
  return app;
}

/** Whether a person looks at the answer in a browser. */
const wantsPage = (c: Context): boolean => !c.req.path.startsWith('/api/') && (c.req.header('accept') ?? '').includes('text/html');

/** What AWS refused in the middle of a request, by its own name; nothing of a stack leaves the process. */
function asRefusal(error: Error): RotaError {
  const { $metadata } = error as { $metadata?: object };
  if ($metadata !== undefined) return new RotaError('AwsRefused', { service: 'AWS', operation: 'a request', code: error.name, message: error.message });
  return new RotaError('ConnectionLost', { service: 'AWS', code: error.name });
}
