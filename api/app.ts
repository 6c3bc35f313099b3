import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { isRotaError, RotaError } from '../core/errors.ts';
import type { ApiDeps, ApiEnv } from './deps.ts';
import { acknowledgePages } from './pages/acknowledge.ts';
import { homePage } from './pages/home.ts';
import { acknowledgementRoutes } from './routes/acknowledgements.ts';
import { adoptionRoutes } from './routes/adoption.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { dossierRoutes } from './routes/dossiers.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { registryRoutes } from './routes/registry.ts';
import { retirementRoutes } from './routes/retirements.ts';
import { rotationRoutes } from './routes/rotations.ts';
import { sweepRoutes } from './routes/sweeps.ts';
import { waitRoutes } from './routes/waits.ts';

/**
 * The HTTP app: every route under `/api` wants a signed request; answers are JSON, refusals have name, sentence and remedy. Without a
 * signature there are pages only: the first one, and the one behind a consumer's link.
 */
export function makeApp(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const contentSecurityPolicy = { defaultSrc: ["'none'"], styleSrc: ["'self'"], formAction: ["'self'"], baseUri: ["'none'"], frameAncestors: ["'none'"] };
  app.use(secureHeaders({ contentSecurityPolicy }));
  app.get('/', (c) => c.html(homePage));
  app.route('/', acknowledgePages(deps));

  app.use('/api/*', async (c, next) => {
    const signedBy = c.env.signedBy;
    if (signedBy === undefined) return c.json({ error: 'NotSigned', sentence: 'The request carries no AWS signature.', remedy: 'Use `rota`, or sign for the service execute-api.' }, 403);
    c.set('signedBy', signedBy);
    c.header('cache-control', 'no-store');
    return next();
  });
  for (const routes of [rotationRoutes, adoptionRoutes, retirementRoutes, approvalRoutes, acknowledgementRoutes, waitRoutes, registryRoutes, dossierRoutes, outboxRoutes, sweepRoutes]) app.route('/api', routes(deps));

  app.notFound((c) => c.json({ error: 'NotFound', sentence: `There is nothing at ${c.req.path}.`, remedy: 'See `rota help`.' }, 404));
  app.onError((error, c) => {
    const known = isRotaError(error) ? error : asRefusal(error);
    return c.json({ error: known.name, sentence: known.message, remedy: known.remedy }, known.httpStatus as 500);
  });
  return app;
}

/** What AWS refused in the middle of a request, by its own name; nothing of a stack leaves the process. */
function asRefusal(error: Error): RotaError {
  const { $metadata } = error as { $metadata?: object };
  if ($metadata !== undefined) return new RotaError('AwsRefused', { service: 'AWS', operation: 'a request', code: error.name, message: error.message });
  return new RotaError('ConnectionLost', { service: 'AWS', code: error.name });
}
