import { Hono } from 'hono';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Passkey } from '../../store/passkey-table.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { makeEnrolmentLink } from '../identity/enrolment.ts';
import { personOf } from '../identity/person.ts';

/** A passkey as it is told: all but the handle by which authenticators know its owner; the key once, in the form that everybody reads. */
function told({ credentialId, person, arn, publicKeySpki, counter, transports, synced, enrolledAt, lastUsedAt, removedAt, removedBy }: Passkey) {
  return { credentialId, person, arn, publicKeySpki, counter, transports, synced, enrolledAt, lastUsedAt, removedAt, removedBy };
}

export function passkeyRoutes(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post('/passkeys/enrolment-links', async (c) => c.json(await makeEnrolmentLink(deps, await personOf(deps, c.var.signedBy)), 201));

  /** One's own, or with `all=true` everybody's, removed ones too: what an auditor keeps. */
  app.get('/passkeys', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    const all = await deps.store.passkeys.all();
    return c.json((c.req.query('all') === 'true' ? all : all.filter((p) => p.person === person.id && p.removedAt === undefined)).map(told));
  });

  /** One's own; a platform engineer removes that of anybody, for whoever lost theirs. */
  app.post('/passkeys/:id/removal', async (c) => {
    const person = await personOf(deps, c.var.signedBy);
    const credentialId = c.req.param('id');
    const passkey = await deps.store.passkeys.get(credentialId);
    const mayRemove = passkey?.person === person.id || (person.roles.includes('platform') && !person.roles.includes('auditor'));
    if (!mayRemove && passkey !== undefined) throw new RotaError('NotYourRole', { person: person.id, role: 'platform', act: `remove a passkey of ${passkey.person}` });
    if (!(await deps.store.passkeys.remove(credentialId, person.id, isoSeconds(deps.clock.now())))) throw new RotaError('NotFound', { what: `passkey ${credentialId}` });
    return c.json({ credentialId, removed: true });
  });

  return app;
}
