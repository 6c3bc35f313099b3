import { decisionHolds } from '../approval/decision.ts';
import { quorum } from '../approval/quorum.ts';
import { canonicalBytes, parseCanonical } from '../canonical-json.ts';
import { RotaError } from '../errors.ts';
import { planDigest, type AnyPlan } from '../plan/plan.ts';
import { envelopeDigest, genesis } from './chain.ts';
import { Envelope, keyIdOfSpki, signatureHolds } from './dsse.ts';
import { Statement, type ApprovalRecord, type RotationPredicate } from './statement.ts';

/** A dossier file as it was fetched. */
export interface DossierFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Verifies one dossier offline against the public key (SPKI DER) that the auditor trusts: signature, one spelling, plan
 * digest, decisions, quorum. Throws `DossierDamaged` with the first reason found.
 */
export function verifyDossier(file: DossierFile, trustedSpki: Buffer): RotationPredicate {
  const damaged = (reason: string) => new RotaError('DossierDamaged', { file: file.name, reason });
  const envelope = Envelope.safeParse(parseCanonical(file.bytes));
  if (!envelope.success) throw damaged('it is no DSSE envelope in canonical form');
  const payload = Buffer.from(envelope.data.payload, 'base64');
  const [signature] = envelope.data.signatures;
  if (payload.toString('base64') !== envelope.data.payload) throw damaged('its payload is not canonical base64');
  if (signature.keyid !== keyIdOfSpki(trustedSpki)) throw damaged(`it names signing key ${signature.keyid.slice(0, 16)}, which is not the one you trust`);
  if (!signatureHolds(payload, Buffer.from(signature.sig, 'base64'), trustedSpki)) throw damaged('its signature does not hold');

  const statement = Statement.safeParse(parseCanonical(payload));
  if (!statement.success) throw damaged('its statement is not of the known form');
  const { predicate, subject } = statement.data;
  if (predicate.plan && subject[0]?.digest.sha256 !== planDigest(predicate.plan)) throw damaged('its subject is not the digest of its plan');
  for (const approval of predicate.approvals) checkApproval(approval, predicate, damaged);
  if (predicate.outcome === 'complete') checkCutoverWasApproved(predicate, damaged);
  return predicate;
}

type Complaint = (reason: string) => Error;

function checkApproval(approval: ApprovalRecord, predicate: RotationPredicate, damaged: Complaint): void {
  const spki = Buffer.from(predicate.decisionKeySpki, 'base64');
  for (const decision of approval.decisions) {
    if (decision.approvalId !== approval.approvalId || decision.planDigest !== approval.planDigest)
      throw damaged(`the decision of ${decision.person} is bound to another question`);
    if (!decisionHolds(decision, spki)) throw damaged(`the decision of ${decision.person} does not carry a valid signature`);
  }
  const says = quorum(approval.rule, approval.decisions, approval.requestedBy).outcome;
  if (approval.outcome === 'approved' && says !== 'approved') throw damaged(`the ${approval.stage} counts as approved, but its decisions do not fill the rule`);
}

/** P4: no alias moved without the approval that the plan demands, bound to the plan that was carried out. */
function checkCutoverWasApproved(predicate: RotationPredicate, damaged: Complaint): void {
  const { plan } = predicate;
  if (!plan) throw damaged('it says complete but holds no plan');
  const demanded: [string, AnyPlan, unknown][] =
    'stage' in plan ? [['rollback', plan, plan.rule]] : [];
  if (!('stage' in plan)) {
    if (!predicate.cutoverPlan) throw damaged('it says complete but holds no cutover plan');
    if (predicate.cutoverPlan.rotationPlanDigest !== planDigest(plan)) throw damaged('its cutover plan belongs to another rotation plan');
    demanded.push(['cutover', predicate.cutoverPlan, plan.approvals.cutover]);
    if (plan.approvals.start) demanded.push(['start', plan, plan.approvals.start]);
  }
  for (const [stage, document, rule] of demanded) {
    const digest = planDigest(document);
    const approved = predicate.approvals.some(
      (a) =>
        a.stage === stage && a.outcome === 'approved' && a.planDigest === digest && a.requestedBy === predicate.requestedBy &&
        canonicalBytes(a.rule).equals(canonicalBytes(rule)),
    );
    if (!approved) throw damaged(`no approval of the ${stage} is bound to the plan that was carried out`);
  }
}

/**
 * Verifies a whole chain, in any order of files. Throws `DossierMissing` for a gap, `DossierDamaged` for a broken link. A
 * chain that was cut off at its end looks whole by itself: `expectedCount`, from a source the auditor trusts, shows it.
 */
export function verifyChain(files: readonly DossierFile[], trustedSpki: Buffer, expectedCount = 0): RotationPredicate[] {
  const checked = files
    .map((file) => ({ file, predicate: verifyDossier(file, trustedSpki) }))
    .sort((a, b) => a.predicate.sequence - b.predicate.sequence);
  let previous = genesis;
  checked.forEach(({ file, predicate }, index) => {
    if (predicate.sequence > index + 1) throw new RotaError('DossierMissing', { sequence: index + 1 });
    if (predicate.sequence <= index) throw new RotaError('DossierDamaged', { file: file.name, reason: `number ${predicate.sequence} is there twice` });
    if (predicate.previous !== previous)
      throw new RotaError('DossierDamaged', { file: file.name, reason: 'it does not name the dossier before it' });
    previous = envelopeDigest(file.bytes);
  });
  if (checked.length < expectedCount) throw new RotaError('DossierMissing', { sequence: checked.length + 1 });
  return checked.map((c) => c.predicate);
}
