import { apiSignatureHolds } from '../approval/decision.ts';
import { quorum } from '../approval/quorum.ts';
import { canonicalBytes, parseCanonical } from '../canonical-json.ts';
import { RotaError } from '../errors.ts';
import { planDigest, type AnyPlan, type RetirePlan } from '../plan/plan.ts';
import { envelopeDigest, genesis } from './chain.ts';
import { passkeyFault, type Insisted } from './deciders.ts';
import { Envelope, keyIdOfSpki, signatureHolds } from './dsse.ts';
import { Statement, subjectDigest, type ApprovalRecord, type RotationPredicate } from './statement.ts';

/** A dossier file as it was fetched. */
export interface DossierFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Verifies one dossier offline against the public key (SPKI DER) that the auditor trusts: signature, one spelling, plan
 * digest, decisions with their passkeys, quorum. Throws `DossierDamaged` with the first reason found.
 */
export function verifyDossier(file: DossierFile, trustedSpki: Buffer, insisted: Insisted = {}): RotationPredicate {
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
  if (subject[0]?.digest.sha256 !== subjectDigest(predicate)) throw damaged('its subject is not the digest of its plan');
  const asker = (predicate.plan ?? predicate.retirePlan)?.requestedBy ?? predicate.requestedBy;
  if (asker !== predicate.requestedBy) throw damaged(`it says that ${predicate.requestedBy} asked for it, but its plan says ${asker}`);
  for (const approval of predicate.approvals) checkApproval(approval, predicate, insisted, damaged);
  if (predicate.retirePlan) checkRetirementWasApproved(predicate.retirePlan, predicate, damaged);
  else if (predicate.outcome === 'complete') checkCutoverWasApproved(predicate, damaged);
  else if (predicate.outcome === 'rolled-back') checkRollbackWasApproved(predicate, damaged);
  return predicate;
}

type Complaint = (reason: string) => Error;

function checkApproval(approval: ApprovalRecord, predicate: RotationPredicate, insisted: Insisted, damaged: Complaint): void {
  const spki = Buffer.from(predicate.decisionKeySpki, 'base64');
  for (const decision of approval.decisions) {
    if (decision.approvalId !== approval.approvalId || decision.planDigest !== approval.planDigest || decision.stage !== approval.stage)
      throw damaged(`the decision of ${decision.person} is bound to another question`);
    if (Date.parse(decision.decidedAt) < Date.parse(approval.requestedAt) || Date.parse(decision.decidedAt) > Date.parse(approval.deadline))
      throw damaged(`the decision of ${decision.person} was not made while the question was open`);
    if (!apiSignatureHolds(decision, spki)) throw damaged(`the decision of ${decision.person} does not carry a valid signature`);
    const fault = passkeyFault(decision, insisted);
    if (fault !== undefined) throw damaged(`the passkey of ${decision.person} ${fault}`);
  }
  const says = quorum(approval, approval.decisions).outcome;
  if (approval.outcome === 'approved' && says !== 'approved') throw damaged(`the ${approval.stage} counts as approved, but its decisions do not fill the rule`);
}

/** What had to be approved, by which rule, on whose request. */
interface Demand {
  readonly stage: string;
  readonly document: AnyPlan;
  readonly rule: unknown;
  readonly requestedBy: string;
}

/** P4: no alias moved without the approval that the plan demands, bound to the plan that was carried out. */
function checkCutoverWasApproved(predicate: RotationPredicate, damaged: Complaint): void {
  const { plan, cutoverPlan, requestedBy } = predicate;
  if (!plan) throw damaged('it says complete but holds no plan');
  if ('stage' in plan) {
    checkApproved([{ stage: 'rollback', document: plan, rule: plan.rule, requestedBy }], predicate, damaged);
    return;
  }
  if (!cutoverPlan) throw damaged('it says complete but holds no cutover plan');
  if (cutoverPlan.rotationPlanDigest !== planDigest(plan)) throw damaged('its cutover plan belongs to another rotation plan');
  const { start, cutover, emergency } = plan.approvals;
  const demands: Demand[] =
    plan.rollover?.emergency === true
      ? [{ stage: 'emergency', document: cutoverPlan, rule: emergency, requestedBy }]
      : [{ stage: 'cutover', document: cutoverPlan, rule: cutover, requestedBy }, ...(start ? [{ stage: 'start', document: plan, rule: start, requestedBy }] : [])];
  checkApproved(demands, predicate, damaged);
}

/** The same for aliases that went back: by a rotation of its own, or while the old key drained. */
function checkRollbackWasApproved({ plan, rollbackPlan, ...rest }: RotationPredicate, damaged: Complaint): void {
  const back = rollbackPlan ?? (plan && 'stage' in plan ? plan : undefined);
  if (back === undefined) throw damaged('it says rolled back but holds no rollback plan');
  checkApproved([{ stage: 'rollback', document: back, rule: back.rule, requestedBy: back.requestedBy }], rest, damaged);
}

/** No key was taken out of use without approval. Putting it back needs none: that is the safe direction. */
function checkRetirementWasApproved(retirePlan: RetirePlan, predicate: RotationPredicate, damaged: Complaint): void {
  if (predicate.plan) throw damaged('it holds the plan of a rotation beside that of a retirement');
  if (predicate.outcome !== 'complete' && predicate.outcome !== 'rolled-back') return;
  checkApproved([{ stage: 'retire', document: retirePlan, rule: retirePlan.rule, requestedBy: predicate.requestedBy }], predicate, damaged);
}

function checkApproved(demands: readonly Demand[], { approvals }: Pick<RotationPredicate, 'approvals'>, damaged: Complaint): void {
  for (const { stage, document, rule, requestedBy } of demands) {
    const digest = planDigest(document);
    const approved = approvals.some(
      (a) => a.stage === stage && a.outcome === 'approved' && a.planDigest === digest && a.requestedBy === requestedBy && canonicalBytes(a.rule).equals(canonicalBytes(rule)),
    );
    if (!approved) throw damaged(`no approval of the ${stage} is bound to the plan that was carried out`);
  }
}

/**
 * Verifies a whole chain, in any order of files. Throws `DossierMissing` for a gap, `DossierDamaged` for a broken link. A
 * chain that was cut off at its end looks whole by itself: `expectedCount`, from a source the auditor trusts, shows it.
 */
export function verifyChain(files: readonly DossierFile[], trustedSpki: Buffer, expectedCount = 0, insisted: Insisted = {}): RotationPredicate[] {
  const checked = files
    .map((file) => ({ file, predicate: verifyDossier(file, trustedSpki, insisted) }))
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
