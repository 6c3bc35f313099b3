/**
 * The console's routes. Who looks is known by a session, what changes anything is a POST from a page of this console; a page of the console
 * shows what the API tells any person of the registry, and no secret.
 */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { z, type ZodObject } from 'zod';
import { isRotaError, RotaError } from '../../core/errors.ts';
import { FindingFilter } from '../../core/findings/list-findings.ts';
import { KeyId, Sha256Hex } from '../../core/ids.ts';
import { usualShare } from '../../core/kms-quotas.ts';
import { largestWave, usualFailureShare } from '../../core/wave/wave.ts';
import { askForWaiver } from '../acknowledgements/waiver.ts';
import { decideByPasskey, decisionOptions } from '../approvals/decide-by-passkey.ts';
import type { ApiDeps, ApiEnv, Bindings } from '../deps.ts';
import { consolePlace, ownPath } from '../identity/console-place.ts';
import { enrol, enrolmentOptions, NewPasskey, openEnrolment } from '../identity/enrolment.ts';
import { logIn, loginOptions } from '../identity/login.ts';
import { checkRole } from '../identity/person.ts';
import { PasskeyAnswer } from '../identity/passkey-answer.ts';
import { checkSameSite } from '../identity/same-site.ts';
import { checkCsrfToken, endSession, loggedIn, startSession, type LoggedIn } from '../identity/session.ts';
import { Alias, readBody, readForm, readQuery, Reason } from '../read-body.ts';
import { startRetirement } from '../rotations/retire.ts';
import { startRollback, startRotation } from '../rotations/start.ts';
import { sayToWaiting, words, type SaidWord } from '../waits/words.ts';
import { letWaveGoOn, stopWave } from '../waves/acts.ts';
import { askForWave } from '../waves/ask.ts';
import { approvalPage } from './approval.tsx';
import { assets } from './assets/assets.ts';
import { EnrolPage } from './enrol.tsx';
import { consumersPage } from './consumers.tsx';
import { dossierPage, dossiersPage } from './dossiers.tsx';
import { findingsPage } from './findings.tsx';
import { homePage } from './home.tsx';
import { keysPage } from './keys.tsx';
import { kpisPage } from './kpis.tsx';
import { LoginPage } from './login.tsx';
import { outboxPage } from './outbox.tsx';
import { document } from './parts/document.ts';
import { peoplePage } from './people.tsx';
import { retirePage } from './retire.tsx';
import { rotatePage } from './rotate.tsx';
import { rotationPage } from './rotation.tsx';
import { rotationsPage } from './rotations.tsx';
import { wavePage } from './wave.tsx';
import { wavePath, wavesPage } from './waves.tsx';

type ConsoleEnv = ApiEnv & { Variables: { reader: LoggedIn } };
/** A page for whoever is logged in. */
type Render = (c: Context<ConsoleEnv>) => Promise<JSX.Element> | JSX.Element;

/** Where in a long list a page starts. */
const startOf = (c: Context): number => Number(/^\d{1,6}$/.exec(c.req.query('from') ?? '')?.[0] ?? 0);

const rotationPath = (rotationId: string): string => `/rotations/${encodeURIComponent(rotationId)}`;

const largestBodyBytes = 131_072;
const CsrfToken = z.string().max(100);

/** Where the request came from, as far as anybody knows. */
const sourceOf = ({ sourceIp = 'unknown' }: Bindings): string => sourceIp;

export function consolePages(deps: ApiDeps): Hono<ConsoleEnv> {
  const app = new Hono<ConsoleEnv>();

  app.get('/assets/:file', (c) => {
    const asset = assets.get(c.req.param('file'));
    if (asset === undefined) throw new RotaError('NotFound', { what: 'such file' });
    return c.body(asset.text, 200, { 'content-type': asset.contentType, 'cache-control': 'public, max-age=31536000, immutable' });
  });

  /** What anybody may open, and what changes something. */
  const open = createMiddleware<ConsoleEnv>(async (c, next) => {
    const { origin, pathname, search } = new URL(c.req.url);
    // A passkey works at one host name only: who comes by another is sent there.
    const place = consolePlace(deps);
    if (c.req.method === 'GET' && origin !== place.origin) return c.redirect(`${place.origin}${pathname}${search}`);
    if (c.req.method !== 'GET') checkSameSite(deps, c);
    await next();
    c.header('cache-control', 'no-store');
  });
  const members = createMiddleware<ConsoleEnv>(async (c, next) => {
    c.set('reader', await loggedIn(deps, c, c.req.header('x-rota-look') !== 'again'));
    return next();
  });
  const limited = bodyLimit({ maxSize: largestBodyBytes });

  app.get('/login', open, (c) => c.html(document(<LoginPage next={ownPath(deps, c.req.query('next'))} />)));
  app.post('/login/challenges', open, limited, async (c) => c.json(await loginOptions(deps, sourceOf(c.env))));
  app.post('/login', open, limited, async (c) => {
    const { answer, next } = await readBody(c, z.strictObject({ answer: PasskeyAnswer, next: z.string().max(2000) }));
    await startSession(deps, c, await logIn(deps, sourceOf(c.env), answer));
    return c.json({ next: ownPath(deps, next) });
  });
  app.post('/logout', open, limited, members, async (c) => {
    checkCsrfToken(c.var.reader, (await c.req.parseBody()).csrf);
    await endSession(deps, c);
    return c.redirect('/login', 303);
  });

  app.get('/enrol/:secret', open, async (c) => {
    c.header('x-robots-tag', 'noindex');
    return c.html(document(<EnrolPage {...await openEnrolment(deps, c.req.param('secret'))} />));
  });
  app.post('/enrol/:secret/challenges', open, limited, async (c) => c.json(await enrolmentOptions(deps, sourceOf(c.env), c.req.param('secret'))));
  app.post('/enrol/:secret', open, limited, async (c) => {
    const { made } = await readBody(c, z.strictObject({ made: NewPasskey }));
    const { credentialId } = await enrol(deps, sourceOf(c.env), c.req.param('secret'), made);
    return c.json({ credentialId }, 201);
  });

  const page = (path: string, render: Render) =>
    app.get(path, open, async (c) => {
      try {
        c.set('reader', await loggedIn(deps, c, c.req.header('x-rota-look') !== 'again'));
      } catch (error) {
        if (!isRotaError(error, 'NotLoggedIn')) throw error;
        const { pathname, search } = new URL(c.req.url);
        return c.redirect(`/login?next=${encodeURIComponent(`${pathname}${search}`)}`);
      }
      return c.html(document(await render(c)));
    });
  page('/', (c) => homePage(deps, c.var.reader));
  page('/rotations', (c) => rotationsPage(deps, c.var.reader, startOf(c)));
  page('/rotations/:id', (c) => rotationPage(deps, c.var.reader, c.req.param('id') ?? ''));
  page('/waves', (c) => wavesPage(deps, c.var.reader, startOf(c)));
  page('/waves/:id', (c) => wavePage(deps, c.var.reader, c.req.param('id') ?? '', startOf(c)));
  page('/keys', (c) => keysPage(deps, c.var.reader, startOf(c)));
  page('/findings', (c) => {
    const { from, ...filter } = readQuery(c, FindingFilter.extend({ from: z.coerce.number().int().min(0).catch(0) }));
    return findingsPage(deps, c.var.reader, filter, from);
  });
  page('/kpis', (c) => kpisPage(deps, c.var.reader));
  page('/outbox', (c) => outboxPage(deps, c.var.reader));
  page('/consumers', (c) => consumersPage(deps, c.var.reader, startOf(c)));
  page('/dossiers', (c) => dossiersPage(deps, c.var.reader, startOf(c)));
  page('/dossiers/:sequence{[0-9]+}', (c) => dossierPage(deps, c.var.reader, Number(c.req.param('sequence'))));
  page('/people', (c) => peoplePage(deps, c.var.reader));
  app.get('/dossiers/:sequence{[0-9]+}/file', open, members, async (c) => {
    const sequence = Number(c.req.param('sequence'));
    const bytes = await deps.store.dossiers.getDossier(sequence);
    if (bytes === undefined) throw new RotaError('NotFound', { what: `dossier number ${sequence}` });
    const name = `dossier-${String(sequence).padStart(9, '0')}.json`;
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/vnd.dsse.envelope.v1+json', 'content-disposition': `attachment; filename="${name}"` });
  });
  page('/approvals/:id', (c) => approvalPage(deps, c.var.reader, c.req.param('id') ?? ''));

  page('/rotate', (c) => {
    const { alias, emergency } = readQuery(c, z.object({ alias: Alias, emergency: z.literal('yes').optional() }));
    return rotatePage(deps, c.var.reader, { alias, emergency: emergency === 'yes' });
  });
  page('/retire', (c) => retirePage(deps, c.var.reader, readQuery(c, z.object({ key: KeyId })).key));

  /** What a custodian asks for by a form, which works without script; the browser goes on to where it is seen. */
  const act = <T extends ZodObject>(path: string, its: string, fields: T, done: (asked: z.infer<T>, reader: LoggedIn, id: string) => Promise<string>) =>
    app.post(path, open, limited, members, async (c) => {
      const { reader } = c.var;
      checkCsrfToken(reader, (await c.req.parseBody()).csrf);
      checkRole(reader.person, 'custodian', its);
      return c.redirect(await done(await readForm(c, fields), reader, c.req.param('id') ?? ''), 303);
    });
  act('/rotate', 'start a rotation', z.object({ alias: Alias, reason: Reason, emergency: z.literal('yes').optional() }), async ({ alias, reason, emergency }, { person }) =>
    rotationPath((await startRotation(deps, person, { alias, reason, emergency: emergency === 'yes' })).rotationId),
  );
  act('/retire', 'retire a key', z.object({ key: KeyId, reason: Reason }), async ({ key: keyId, reason }, { person }) => rotationPath((await startRetirement(deps, person, { keyId, reason })).rotationId));
  act('/rotations/:id/rollback', 'roll a rotation back', z.object({ reason: Reason }), async ({ reason }, { person }, id) => rotationPath((await startRollback(deps, person, id, reason)).rotationId));
  act('/rotations/:id/waivers', 'ask for a waiver', z.object({ consumer: z.string().min(1).max(64), reason: Reason }), async (asked, { person }, id) => `/approvals/${(await askForWaiver(deps, person, id, asked)).approvalId}`);
  act('/rotations/:id/words', 'say a word to a rotation', z.object({ say: z.enum(Object.keys(words) as [SaidWord, ...SaidWord[]]), reason: Reason }), async ({ say, reason }, { person }, rotationId) => {
    await sayToWaiting(deps, { rotationId, say, by: person.id, reason });
    return rotationPath(rotationId);
  });
  const Count = z.preprocess((text) => (text === '' ? undefined : text), z.coerce.number().int().min(1).max(largestWave).optional());
  act('/waves', 'start a wave of rotations', z.object({ reason: Reason, canaries: Count, most: Count }), async ({ reason, canaries, most = largestWave }, { person }) => {
    const { waveId } = await askForWave(deps, person, { reason, canaries, failureShare: usualFailureShare, quotaShare: usualShare, most });
    // None where KMS says that no key is due: the page says what is.
    return waveId === undefined ? '/waves' : wavePath(waveId);
  });
  act('/waves/:id/stop', 'stop a wave of rotations', z.object({ reason: Reason }), async ({ reason }, { person }, waveId) => {
    await stopWave(deps, person, waveId, reason);
    return wavePath(waveId);
  });
  act('/waves/:id/go-on', 'let a wave of rotations go on', z.object({}), async (_, __, waveId) => {
    await letWaveGoOn(deps, waveId);
    return wavePath(waveId);
  });

  const Asked = z.strictObject({ csrf: CsrfToken, decision: z.enum(['approve', 'refuse']), reason: Reason, planDigest: Sha256Hex });
  app.post('/approvals/:id/challenges', open, limited, members, async (c) => {
    const { csrf, ...asked } = await readBody(c, Asked);
    checkCsrfToken(c.var.reader, csrf);
    return c.json(await decisionOptions(deps, c.var.reader.person, { approvalId: c.req.param('id'), ...asked }));
  });
  app.post('/approvals/:id/decisions', open, limited, members, async (c) => {
    const { csrf, answer } = await readBody(c, z.strictObject({ csrf: CsrfToken, answer: PasskeyAnswer }));
    checkCsrfToken(c.var.reader, csrf);
    const { outcome } = await decideByPasskey(deps, c.var.reader.person, c.req.param('id'), answer, c.env.requestId ?? 'none');
    return c.json({ outcome });
  });

  return app;
}
