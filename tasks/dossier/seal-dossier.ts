import { SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { canonicalBytes } from '../../core/canonical-json.ts';
import { envelopeDigest, genesis } from '../../core/dossier/chain.ts';
import { digestToSign, keyIdOfSpki, payloadType, type Envelope } from '../../core/dossier/dsse.ts';
import { predicateType, Statement, subjectDigest, type RotationPredicate } from '../../core/dossier/statement.ts';
import { locksOf } from '../../core/plan/plan.ts';
import { keyFactsActions, publicKeyOf } from '../../store/key-facts.ts';
import { getObjectActions } from '../../store/get-object.ts';
import { announce, eventActions } from '../../store/events.ts';
import { rotationInput, task, type Context } from '../task.ts';
import { evidenceActions, gatherEvidence } from './gather-evidence.ts';

export const Failure = z.strictObject({ name: z.string(), cause: z.string() });

/**
 * Seals the dossier of a rotation, finished or failed (P8), and gives back the lock of the old key. The place in the
 * chain is taken by a conditional put, so that of two sealers one is next and the other tries the place after; a repeat
 * finds its own dossier and leaves it.
 */
export const sealDossier = task({
  name: 'seal-dossier',
  input: rotationInput.extend({ executionArn: z.string(), failure: Failure.optional(), outcome: z.enum(['complete', 'rolled-back']).optional() }),
  output: z.strictObject({ sequence: z.int(), outcome: z.string() }),
  errors: [],
  actions: [...keyFactsActions, ...evidenceActions, ...eventActions, 'kms:Sign', 'kms:GetPublicKey', 's3:PutObject', ...getObjectActions, 'dynamodb:DeleteItem'],
  run: async ({ rotationId, executionArn, failure, outcome }, context) => {
    const { head, store, clients, names } = context;
    const evidence = await gatherEvidence(context, executionArn, { ...(failure === undefined ? {} : { failure }), ...(outcome === undefined ? {} : { outcome }) });
    const decisionKeySpki = (await publicKeyOf(clients.kms, names.decisionKey)).toString('base64');
    const keyid = keyIdOfSpki(await publicKeyOf(clients.kms, names.dossierKey));

    const sequence = await append(context, async (next, previous) => {
      const predicate: RotationPredicate = { ...evidence, sequence: next, previous, decisionKeySpki };
      return envelopeOf(clients.kms, names.dossierKey, keyid, predicate);
    });
    await store.ledger.settle(rotationId, {
      outcome: evidence.outcome,
      dossierSequence: sequence,
      leftBehind: evidence.leftBehind,
      ...(evidence.error ? { error: evidence.error } : {}),
    });
    if (evidence.outcome === 'rolled-back' && head.undoes !== undefined) await store.ledger.settle(head.undoes, { rolledBackBy: rotationId });
    for (const locked of lockedBy(context)) await store.ledger.unlock(locked, rotationId);
    await announce(context, 'Rota Rotation Ended', { outcome: evidence.outcome, dossier: sequence, leftBehind: evidence.leftBehind, ...touchedBy(context) });
    return { sequence, outcome: evidence.outcome };
  },
});

function lockedBy({ head: { plan, retirePlan } }: Context): readonly string[] {
  if (retirePlan !== undefined) return [retirePlan.keyId];
  if (plan === undefined) return [];
  return 'stage' in plan ? [plan.oldKeyId] : locksOf(plan);
}

/** The keys and aliases that may stand otherwise than before: whoever looks at keys looks at these again. */
function touchedBy({ head: { alias, plan, retirePlan, newKeyId } }: Context): { readonly keyIds: readonly string[]; readonly aliases: readonly string[] } {
  if (retirePlan !== undefined) return { keyIds: [retirePlan.keyId], aliases: [] };
  if (plan === undefined) return { keyIds: [], aliases: [alias] };
  const keyIds = 'stage' in plan ? [plan.oldKeyId, plan.newKeyId] : [plan.oldKey.keyId, ...(newKeyId === undefined ? [] : [newKeyId])];
  return { keyIds, aliases: plan.aliases.map((a) => a.alias) };
}

async function envelopeOf(kms: KMSClient, signingKey: string, keyid: string, predicate: RotationPredicate): Promise<Buffer> {
  const statement: Statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `rotation/${predicate.rotationId}`, digest: { sha256: subjectDigest(predicate) } }],
    predicateType,
    predicate,
  };
  const payload = canonicalBytes(Statement.parse(statement));
  const { Signature } = await kms.send(
    new SignCommand({ KeyId: signingKey, Message: digestToSign(payload), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
  );
  const envelope: Envelope = {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid, sig: Buffer.from(Signature ?? []).toString('base64') }],
  };
  return canonicalBytes(envelope);
}

/** Which rotation an envelope belongs to; the chain holds only what this task wrote. */
function rotationOf(envelope: Buffer): string {
  const { payload } = JSON.parse(envelope.toString('utf8')) as Envelope;
  return (JSON.parse(Buffer.from(payload, 'base64').toString('utf8')) as Statement).predicate.rotationId;
}

const whereBegun = 'end of the chain when its sealing began';
/** How far back a repeat looks whose first attempt did not come to say where it began. */
const usualLookBack = 50;

/** Appends to the chain, once: only what came since the first attempt began can be this rotation's own, and so only that is looked through. */
async function append({ head: { rotationId }, store, repeated }: Context, make: (sequence: number, previous: string) => Promise<Buffer>): Promise<number> {
  const begun = repeated ? ((await store.ledger.kept(rotationId, whereBegun)) as { readonly sequence: number } | undefined) : undefined;
  let strangers = begun?.sequence;
  for (;;) {
    const last = await store.dossiers.lastSequence();
    if (strangers === undefined) {
      strangers = repeated ? Math.max(0, last - usualLookBack) : last;
      await store.ledger.keep(rotationId, whereBegun, { sequence: strangers });
    }
    const lastBytes = last === 0 ? undefined : await store.dossiers.getDossier(last);
    for (let place = last, bytes = lastBytes; place > strangers && bytes; bytes = await store.dossiers.getDossier(--place))
      if (rotationOf(bytes) === rotationId) return place;
    strangers = last;
    const envelope = await make(last + 1, lastBytes ? envelopeDigest(lastBytes) : genesis);
    if (await store.dossiers.putDossier(last + 1, envelope)) return last + 1;
  }
}
