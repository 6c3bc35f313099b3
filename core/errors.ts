/**
 * Every way in which Rota refuses or fails, once: the name is what a `Catch` matches, what the API and the CLI print and
 * what a runbook is called after. The sentence says what is wrong, the remedy what to type or to open.
 */
import { counted } from './counted.ts';

interface CatalogueEntry {
  readonly sentence: (detail: never) => string;
  readonly remedy: (detail: never) => string;
  readonly httpStatus: number;
}

interface Problem {
  readonly where: string;
  readonly message: string;
}

const listed = (problems: readonly Problem[]): string => problems.map((p) => `${p.where} ${p.message}`).join('\n');

/** A stage, as a noun. */
export const deed = (stage: string): string => (stage === 'retire' ? 'retirement' : stage);

export const catalogue = {
  // Asking
  BadRequest: {
    sentence: (d: { problems: readonly Problem[] }) => `The request is not well formed: ${listed(d.problems)}.`,
    remedy: () => 'See `rota help` for the command you used.',
    httpStatus: 400,
  },
  NotSignedIn: {
    sentence: (d: { arn: string }) => `${d.arn} is not a person of the registry.`,
    remedy: () => 'Ask the platform engineer to add you under `people` in rota.yaml and to run `rota registry apply rota.yaml`.',
    httpStatus: 403,
  },
  NotYourRole: {
    sentence: (d: { person: string; role: string; act: string }) => `${d.person} may not ${d.act}: that needs the role ${d.role}.`,
    remedy: (d: { role: string }) => `Ask somebody with the role ${d.role}; \`rota registry show\` lists them.`,
    httpStatus: 403,
  },
  NotFound: {
    sentence: (d: { what: string }) => `There is no ${d.what}.`,
    remedy: () => 'Run `rota status` to list rotations, `rota approvals` for open questions, `rota registry show` for keys; what starts a sweep or a wave prints its id.',
    httpStatus: 404,
  },
  RegistryInvalid: {
    sentence: (d: { problems: readonly Problem[] }) => listed(d.problems),
    remedy: () => 'Nothing was applied. Mend the file and try again.',
    httpStatus: 400,
  },
  RegistryEmpty: {
    sentence: () => 'No registry has been applied yet.',
    remedy: () => 'Run `rota registry apply rota.yaml` first; runbooks/registry.md has a file to start from.',
    httpStatus: 409,
  },
  RegistryMoved: {
    sentence: (d: { planned: number; holds: number }) => `Revision ${d.holds} of the registry holds, not ${d.planned}: somebody has applied another since.`,
    remedy: () => 'Nothing was applied. See what would change now with `rota registry plan`, and apply over that.',
    httpStatus: 409,
  },
  // Planning
  WaveEmpty: {
    sentence: (d: { leftOut: readonly { readonly alias: string; readonly why: string }[] }) => `None of these keys can be rotated now: ${d.leftOut.map(({ alias, why }) => `${alias} ${why}`).join('; ')}.`,
    remedy: () => 'Nothing was asked for. `rota status` shows rotations that are under way, `rota registry show` which keys are registered.',
    httpStatus: 409,
  },
  WaveTooLarge: {
    sentence: (d: { keys: number; most: number }) => `The wave would be of ${d.keys} keys; at most ${d.most} go in one.`,
    remedy: () => 'Nothing was asked for. Name fewer aliases, or let the waves come one after the other: `rota rotate --due --most 1000`.',
    httpStatus: 409,
  },
  SweepFirst: {
    sentence: (d: { keys: number; most: number }) => `Of ${d.keys} registered keys no sweep of the last two days tells since when their material is there, and KMS is asked about ${d.most} at most.`,
    remedy: () => 'Nothing was asked for. Run `rota sweep --wait`, then ask again; or name the aliases.',
    httpStatus: 409,
  },
  WaveEnded: {
    sentence: (d: { waveId: string; because: string }) => `Wave ${d.waveId} ${d.because}.`,
    remedy: (d: { waveId: string }) => `\`rota wave ${d.waveId}\` shows what became of it.`,
    httpStatus: 409,
  },
  AliasUnknown: {
    sentence: (d: { alias: string; region: string }) => `There is no alias ${d.alias} in ${d.region}.`,
    remedy: () => 'Run `aws kms list-aliases` to see the names, and mind the Region.',
    httpStatus: 404,
  },
  AliasUnregistered: {
    sentence: (d: { alias: string }) => `${d.alias} is not in the registry.`,
    remedy: (d: { alias: string }) => `Add a key with \`alias: ${d.alias}\` to rota.yaml and run \`rota registry apply rota.yaml\`.`,
    httpStatus: 409,
  },
  AliasesDisagree: {
    sentence: (d: { alias: string; other: string; fields: readonly string[] }) => `${d.other} leads to the same key as ${d.alias}, so one rotation moves both, but the registry says other things of it: ${d.fields.slice(0, 5).join(', ')}${d.fields.length > 5 ? ` and ${d.fields.length - 5} more` : ''}.`,
    remedy: () => 'Leave one of them in rota.yaml, or, where no public key is published, say the same of both; then run `rota registry apply rota.yaml`.',
    httpStatus: 409,
  },
  AwsManagedKey: {
    sentence: (d: { key: string }) => `${d.key} is an AWS managed key: AWS rotates it every year by itself and nobody else can.`,
    remedy: () => 'Nothing needs to be done for it.',
    httpStatus: 409,
  },
  MethodDoesNotFit: {
    sentence: (d: { key: string; method: string; reason: string }) => `Method ${d.method} does not fit ${d.key}: ${d.reason}.`,
    remedy: (d: { key: string }) => `\`rota plan ${d.key}\` lists the methods that fit.`,
    httpStatus: 409,
  },
  KeyNotUsable: {
    sentence: (d: { keyId: string; state: string }) => `Key ${d.keyId} is ${d.state}; a rotation starts from an Enabled key.`,
    remedy: (d: { keyId: string }) => `See \`aws kms describe-key --key-id ${d.keyId}\`; runbooks/key-not-usable.md says how each state is left.`,
    httpStatus: 409,
  },
  GrantsNotCopyable: {
    sentence: (d: { grants: readonly string[] }) => `These grants cannot be copied to a new key: ${d.grants.join(', ')}.`,
    remedy: () => 'Retire them, or let their service make them anew on the new key; runbooks/byok-rotation.md, "Grants".',
    httpStatus: 409,
  },
  PolicyLocksOut: {
    sentence: (d: { keyId: string }) => `A new key with the policy of ${d.keyId} could not be administered by whoever makes it, so KMS refuses it: nothing was made.`,
    remedy: () => 'Let the policy of the old key allow kms:PutKeyPolicy to the account or to the role of Rota; runbooks/byok-rotation.md, "Policy".',
    httpStatus: 409,
  },
  RotationUnderWay: {
    sentence: (d: { keyId: string; rotationId: string }) => `Rotation ${d.rotationId} is already under way for key ${d.keyId}.`,
    remedy: (d: { rotationId: string }) => `Follow it with \`rota watch ${d.rotationId}\`.`,
    httpStatus: 409,
  },
  NoEmergencyRoad: {
    sentence: (d: { alias: string }) => `The registry names no approvers for an emergency rotation of ${d.alias}.`,
    remedy: () => 'Add `approvals.emergency` to the key in rota.yaml and apply it, or rotate without --emergency.',
    httpStatus: 409,
  },
  // Rolling over
  TargetUnreachable: {
    sentence: (d: { target: string; why: string }) => `Publication target ${d.target} cannot be reached: ${d.why}.`,
    remedy: (d: { target: string }) => `Mend ${d.target}; the rotation holds and goes on by itself, or at once with \`rota resume\`.`,
    httpStatus: 502,
  },
  TargetServesOther: {
    sentence: (d: { target: string; document: string; found: string }) => `Publication target ${d.target} serves another ${d.document} than was published: ${d.found}.`,
    remedy: (d: { target: string }) => `Look for a cache or a second writer at ${d.target}; the rotation holds and goes on by itself, or at once with \`rota resume\`.`,
    httpStatus: 502,
  },
  PublicationImpossible: {
    sentence: (d: { why: string }) => d.why,
    remedy: () => 'Mend `publication` of the key in rota.yaml and start again; runbooks/asymmetric-rotation.md.',
    httpStatus: 409,
  },
  PublicKeyChanged: {
    sentence: (d: { keyId: string }) => `The public key that KMS gives for ${d.keyId} is not the one that was published.`,
    remedy: () => 'Nothing was moved. Treat it as an incident: runbooks/asymmetric-rotation.md.',
    httpStatus: 500,
  },
  NotWaiting: {
    sentence: (d: { rotationId: string; what: string }) => `Rotation ${d.rotationId} does not wait for ${d.what} now.`,
    remedy: (d: { rotationId: string }) => `\`rota status ${d.rotationId}\` shows what it waits for.`,
    httpStatus: 409,
  },
  AcknowledgementWrong: {
    sentence: (d: { consumer: string; given: string; beginsWith: string }) =>
      `${d.consumer} says that it has key ${d.given}, but the thumbprint of the new key begins with ${d.beginsWith}: nothing was recorded.`,
    remedy: () => 'Fetch the key set again, install the key with that `kid`, and acknowledge with its thumbprint.',
    httpStatus: 409,
  },
  ConsumerUnknown: {
    sentence: (d: { consumer: string; rotationId: string }) => `${d.consumer} is no consumer in the plan of ${d.rotationId}.`,
    remedy: (d: { rotationId: string }) => `\`rota rollover --rotation ${d.rotationId}\` lists the consumers.`,
    httpStatus: 404,
  },
  NotYourConsumer: {
    sentence: (d: { person: string; consumer: string }) => `${d.person} does not speak for consumer ${d.consumer}.`,
    remedy: () => 'Ask one of the people whom rota.yaml names under that consumer.',
    httpStatus: 403,
  },
  LinkInvalid: {
    sentence: () => 'This link is unknown, used already, or out of time.',
    remedy: () => 'Ask the custodian for a new one: `rota ack-link`.',
    httpStatus: 410,
  },
  AcknowledgementsMissing: {
    sentence: (d: { missing: string }) => `Not every consumer has the new key yet: ${d.missing}.`,
    remedy: () => 'Ask them to acknowledge with `rota ack`, or ask for a waiver with `rota waive`.',
    httpStatus: 409,
  },
  OldKeyStillUsed: {
    sentence: (d: { keyId: string; by: string }) => `Old key ${d.keyId} is still used: ${d.by}.`,
    remedy: () => 'Move them to the alias, then ask again: runbooks/retire.md, "Still used".',
    httpStatus: 409,
  },
  OldKeyNotQuiet: {
    sentence: (d: { keyId: string; because: string }) => `The aliases have moved, but old key ${d.keyId} is not quiet: ${d.because}.`,
    remedy: () => 'Let those who hold its ARN name the alias, and watch them with `rota adoption`: runbooks/adoption.md, "Not yet quiet".',
    httpStatus: 409,
  },
  // Approving
  ApprovalRefused: {
    sentence: (d: { person: string; stage: string; reason: string }) => `${d.person} refused the ${deed(d.stage)}: ${d.reason}`,
    remedy: () => 'Talk to them, then start a new rotation.',
    httpStatus: 409,
  },
  ApprovalTimedOut: {
    sentence: (d: { stage: string }) => `Nobody decided on the ${deed(d.stage)} in time.`,
    remedy: () => 'Start a new rotation and tell the approvers; runbooks/approvals.md.',
    httpStatus: 409,
  },
  ApprovalMissing: {
    sentence: (d: { stage: string; missing: string }) => `The ${deed(d.stage)} is not approved: ${d.missing}.`,
    remedy: () => 'Run `rota approvals` to see who is still needed.',
    httpStatus: 409,
  },
  ApprovalClosed: {
    sentence: (d: { approvalId: string; outcome: string }) => `The question ${d.approvalId} is closed: ${d.outcome}.`,
    remedy: () => 'Run `rota approvals` for the questions that are open.',
    httpStatus: 409,
  },
  ApprovalForged: {
    sentence: (d: { person: string }) => `The stored decision of ${d.person} does not carry a valid signature of the approvals API.`,
    remedy: () => 'Treat it as an incident: runbooks/approval-forged.md.',
    httpStatus: 500,
  },
  RequesterMayNotApprove: {
    sentence: (d: { person: string }) => `${d.person} asked for this rotation and so cannot decide on it.`,
    remedy: () => 'Ask another member of the group; `rota registry show` lists them.',
    httpStatus: 403,
  },
  NotAnApprover: {
    sentence: (d: { person: string; groups: readonly string[] }) => `${d.person} is in none of the groups asked: ${d.groups.join(', ')}.`,
    remedy: () => '`rota registry show` lists the members of each group.',
    httpStatus: 403,
  },
  NotAskedYet: {
    sentence: (d: { person: string; from: string }) => `${d.person} is asked only from ${d.from} on, when the group that was asked first has been silent too long.`,
    remedy: () => 'Decide then, or let that group decide before; `rota approvals --show` says whom the question is put to.',
    httpStatus: 409,
  },
  AlreadyDecided: {
    sentence: (d: { person: string; decision: string }) => `${d.person} has decided already: ${d.decision}.`,
    remedy: () => 'A decision stands; to change course, refuse the next stage or ask for a rollback.',
    httpStatus: 409,
  },
  DigestMismatch: {
    sentence: (d: { given: string; asked: string }) => `You signed plan ${d.given}, but the question is about plan ${d.asked}.`,
    remedy: () => 'Read the plan again with `rota approvals --show`, then decide on what it says now.',
    httpStatus: 409,
  },
  PlanChanged: {
    sentence: (d: { changes: readonly string[] }) => `What was approved is no longer what would happen: ${d.changes.join('; ')}.`,
    remedy: () => 'The approvers are asked again, with the new plan.',
    httpStatus: 409,
  },
  FreezeHolds: {
    sentence: (d: { stage: string; alias: string; until: string; because: string }) => `The ${deed(d.stage)} of ${d.alias} waits for the end of ${d.because}: ${d.until}.`,
    remedy: () => 'It goes on by itself then; runbooks/freeze.md.',
    httpStatus: 409,
  },
  AuditorChangesNothing: {
    sentence: (d: { person: string; act: string }) => `${d.person} is an auditor and so may not ${d.act}: an auditor sees everything and changes nothing.`,
    remedy: () => 'Ask somebody else; `rota registry show` lists who has which role.',
    httpStatus: 403,
  },
  // Passkeys and the console
  NotLoggedIn: {
    sentence: (d: { why: string }) => `You are not logged in: ${d.why}.`,
    remedy: () => 'Log in with your passkey and do it again; nothing was changed.',
    httpStatus: 401,
  },
  EnrolmentLinkInvalid: {
    sentence: () => 'This enrolment link is unknown, used already, or out of time.',
    remedy: () => 'Make a new one with `rota passkey enrol`.',
    httpStatus: 410,
  },
  PasskeyUnknown: {
    sentence: () => 'This passkey is not enrolled here, was removed, or its owner is no longer in the registry under the same identity.',
    remedy: () => 'Enrol a passkey with `rota passkey enrol`; runbooks/passkeys.md.',
    httpStatus: 403,
  },
  PasskeyEnrolled: {
    sentence: () => 'This passkey is enrolled already.',
    remedy: () => 'Log in with it, or use another authenticator; `rota passkey list` shows yours.',
    httpStatus: 409,
  },
  AssertionInvalid: {
    sentence: (d: { why: string }) => `The passkey's answer does not hold: ${d.why}.`,
    remedy: () => 'Nothing was recorded. Do it again; if it goes on, runbooks/passkeys.md.',
    httpStatus: 403,
  },
  AssertionExpired: {
    sentence: (d: { expiredAt: string }) => `The passkey answered too late: the question to it was good until ${d.expiredAt}.`,
    remedy: () => 'Nothing was recorded. Do it again.',
    httpStatus: 409,
  },
  AssertionReplayed: {
    sentence: () => "The passkey's answer was used before, or answers a question that was never asked.",
    remedy: () => 'Nothing was recorded. Do it again; if you did not send it twice, runbooks/passkeys.md, "Somebody replays".',
    httpStatus: 409,
  },
  AssertionForAnotherDecision: {
    sentence: (d: { signed: string; asked: string }) => `The passkey signed ${d.signed}, but the question is ${d.asked}.`,
    remedy: () => 'Nothing was recorded. Open the question, read its plan, and decide on it.',
    httpStatus: 409,
  },
  AssertionOfAnotherPerson: {
    sentence: (d: { person: string }) => `The passkey that answered is not one of ${d.person}.`,
    remedy: () => 'Nothing was recorded. Use your own passkey, or log in as its owner.',
    httpStatus: 403,
  },
  PasskeyCounterWentBack: {
    sentence: (d: { credentialId: string; stored: number; given: number }) =>
      `Passkey ${d.credentialId} counted ${counted(d.given, 'use')}, but ${d.stored} were seen: there may be a copy of it.`,
    remedy: (d: { credentialId: string }) => `Nothing was recorded. Remove it with \`rota passkey remove -- ${d.credentialId}\` and enrol another; runbooks/passkeys.md, "A copy".`,
    httpStatus: 403,
  },
  TooManyTries: {
    sentence: (d: { what: string; until: string }) => `Too many tries to ${d.what}.`,
    remedy: (d: { until: string }) => `Wait until ${d.until} and try again.`,
    httpStatus: 429,
  },
  CrossSite: {
    sentence: () => 'This request does not come from a page of this console, so nothing was done.',
    remedy: () => 'Open the console yourself and do it there.',
    httpStatus: 403,
  },
  // Material
  MaterialLengthWrong: {
    sentence: (d: { spec: string; expected: string; actualBytes: number }) =>
      `Key material for ${d.spec} must be ${d.expected}, but what was given has ${counted(d.actualBytes, 'byte')}.`,
    remedy: () => 'Give the raw bytes, without PEM, base64 or hex.',
    httpStatus: 400,
  },
  MaterialBlank: {
    sentence: (d: { spec: string }) => `The key material for ${d.spec} is nothing but zero bytes.`,
    remedy: () => 'It was wiped or never filled: make it anew. Nothing was wrapped.',
    httpStatus: 400,
  },
  MaterialEncoded: {
    sentence: (d: { spec: string; found: string; expected: string; convert: string }) =>
      `These bytes are ${d.found}, but key material for ${d.spec} must be ${d.expected}.`,
    remedy: (d: { convert: string }) => `Convert them where they were made: ${d.convert}.`,
    httpStatus: 400,
  },
  MaterialNotPkcs8: {
    sentence: (d: { spec: string; reason: string }) =>
      `Key material for ${d.spec} must be one unencrypted PKCS#8 private key in DER, but ${d.reason}.`,
    remedy: () => 'Convert it with `openssl pkcs8 -topk8 -nocrypt -in FILE -outform DER -out FILE.der`.',
    httpStatus: 400,
  },
  MaterialTypeWrong: {
    sentence: (d: { spec: string; expected: string; found: string }) =>
      `Key material for ${d.spec} must be ${d.expected}, but this is ${d.found}.`,
    remedy: (d: { expected: string }) => `Give ${d.expected}; \`openssl pkey -inform DER -in FILE -noout -text\` shows what a file holds.`,
    httpStatus: 400,
  },
  MaterialCurveWrong: {
    sentence: (d: { spec: string; expected: string; found: string }) =>
      `Key material for ${d.spec} must be on the named curve ${d.expected}, but this key ${d.found}.`,
    remedy: (d: { expected: string }) => `Make one with \`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:${d.expected} | openssl pkcs8 -topk8 -nocrypt -outform DER\`.`,
    httpStatus: 400,
  },
  MaterialModulusWrong: {
    sentence: (d: { spec: string; expectedBits: number; actualBits: number }) =>
      `Key material for ${d.spec} must have a modulus of exactly ${d.expectedBits} bits, but this one has ${d.actualBits}.`,
    remedy: (d: { expectedBits: number }) => `Make one with \`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:${d.expectedBits} | openssl pkcs8 -topk8 -nocrypt -outform DER\`.`,
    httpStatus: 400,
  },
  MaterialPrimesWrong: {
    sentence: (d: { spec: string }) => `Key material for ${d.spec} must have two primes, but this key has more.`,
    remedy: () => 'Make a two-prime key: KMS does not import any other.',
    httpStatus: 400,
  },
  MaterialInconsistent: {
    sentence: (d: { spec: string; what: string }) => `The private key for ${d.spec} contradicts itself: ${d.what}.`,
    remedy: () => 'It was damaged or put together wrongly: export it again from where it was made.',
    httpStatus: 400,
  },
  MaterialNotImportable: {
    sentence: (d: { spec: string; reason: string }) => `Nothing can be imported into this key of ${d.spec}: ${d.reason}.`,
    remedy: () => 'Run `rota plan` for the key: it lists the methods that fit.',
    httpStatus: 409,
  },
  MaterialTooLongForWrapping: {
    sentence: (d: { algorithm: string; wrappingKeySpec: string; actualBytes: number; capacityBytes: number }) =>
      `The key material is ${counted(d.actualBytes, 'byte')}, but ${d.algorithm} under ${d.wrappingKeySpec} holds ${d.capacityBytes}.`,
    remedy: () => 'Ask KMS for parameters with RSA_4096, and for private keys with RSA_AES_KEY_WRAP_SHA_256.',
    httpStatus: 400,
  },
  WrappingNotAllowed: {
    sentence: (d: { spec: string; algorithm: string; wrappingKeySpec: string; allowed: readonly string[] }) =>
      `KMS does not import ${d.spec} wrapped by ${d.algorithm} under ${d.wrappingKeySpec}; it takes ${d.allowed.join(', ')}.`,
    remedy: () => 'Ask KMS for import parameters again with one of these.',
    httpStatus: 400,
  },
  WrappedKeyDamaged: {
    sentence: () => 'The wrapped key is damaged, or was wrapped under another key.',
    remedy: () => 'Ask for fresh import parameters and wrap again; runbooks/byok-rotation.md.',
    httpStatus: 400,
  },
  WrappingKeyUnsuitable: {
    sentence: (d: { found: string }) =>
      `The wrapping key must be an RSA public key of 2048, 3072 or 4096 bits in DER (SubjectPublicKeyInfo), but it is ${d.found}.`,
    remedy: () => 'Give the `PublicKey` bytes of GetParametersForImport as KMS sent them.',
    httpStatus: 400,
  },
  // Doing
  TwoSuccessors: {
    sentence: (d: { rotationId: string; keyIds: readonly string[] }) =>
      `Rotation ${d.rotationId} has more than one successor key: ${d.keyIds.join(', ')}.`,
    remedy: () => 'Nothing was moved. runbooks/two-successors.md says which to keep.',
    httpStatus: 500,
  },
  SuccessorChanged: {
    sentence: (d: { keyId: string; difference: string }) => `Successor key ${d.keyId} is not as planned: ${d.difference}.`,
    remedy: () => 'Nothing was moved. Find out in CloudTrail who changed it, then start a new rotation.',
    httpStatus: 500,
  },
  ImportTokenExpired: {
    sentence: (d: { keyId: string; expiredAt: string }) => `The import token of key ${d.keyId} expired at ${d.expiredAt}.`,
    remedy: () => 'The rotation fetches fresh parameters and wraps again by itself.',
    httpStatus: 409,
  },
  ImportRefused: {
    sentence: (d: { keyId: string; why: string }) => `KMS refused the key material for ${d.keyId}: ${d.why}.`,
    remedy: () => 'Nothing was moved. Start a new rotation; runbooks/byok-rotation.md, "Import refused".',
    httpStatus: 409,
  },
  ProofFailed: {
    sentence: (d: { keyId: string; what: string }) => `Key ${d.keyId} did not prove itself: ${d.what}.`,
    remedy: () => 'Every alias is put back by the rotation; runbooks/proof-failed.md.',
    httpStatus: 500,
  },
  AliasMovedElsewhere: {
    sentence: (d: { alias: string; expected: string; found: string }) => `${d.alias} points to ${d.found}, not to ${d.expected}.`,
    remedy: () => 'Somebody else moved it. Find out in CloudTrail (UpdateAlias) who and why; runbooks/alias-moved.md.',
    httpStatus: 409,
  },
  ChangeNotVisibleYet: {
    sentence: (d: { what: string }) => `KMS does not show yet that ${d.what}.`,
    remedy: () => 'It is looked at again; KMS shows changes within seconds, at times minutes.',
    httpStatus: 502,
  },
  ExecutionStopped: {
    sentence: (d: { status: string; at: string }) => `The execution ended outside its state machine: ${d.status} at ${d.at}.`,
    remedy: () => 'Its dossier says what was put back and what is left; runbooks/execution-failed.md.',
    httpStatus: 500,
  },
  RotationEnded: {
    sentence: (d: { rotationId: string; outcome: string }) => `Rotation ${d.rotationId} has ended (${d.outcome}) and does nothing more.`,
    remedy: () => 'Start a new rotation.',
    httpStatus: 409,
  },
  NotRollbackable: {
    sentence: (d: { rotationId: string; reason: string }) => `Rotation ${d.rotationId} cannot be rolled back: ${d.reason}.`,
    remedy: (d: { rotationId: string }) => `\`rota status ${d.rotationId}\` shows where it stands.`,
    httpStatus: 409,
  },
  NotCutOver: {
    sentence: (d: { rotationId: string; reason: string }) => `Nobody can have adopted the new key of ${d.rotationId}: ${d.reason}.`,
    remedy: (d: { rotationId: string }) => `\`rota status ${d.rotationId}\` shows where it stands; ask again once its aliases have moved.`,
    httpStatus: 409,
  },
  KeyNotRetirable: {
    sentence: (d: { keyId: string; reason: string }) => `Key ${d.keyId} cannot be retired: ${d.reason}.`,
    remedy: () => 'Nothing was done to it. runbooks/retire.md says what a key needs before it can be retired.',
    httpStatus: 409,
  },
  // Evidence
  DossierDamaged: {
    sentence: (d: { file: string; reason: string }) => `${d.file} does not verify: ${d.reason}.`,
    remedy: () => 'Fetch it again with `rota dossier get`; if it still fails, runbooks/dossier-damaged.md.',
    httpStatus: 500,
  },
  DossierMissing: {
    sentence: (d: { sequence: number }) => `Dossier number ${d.sequence} is missing from the chain.`,
    remedy: () => 'Fetch the whole chain with `rota dossier get --all`; if it stays away, runbooks/dossier-damaged.md.',
    httpStatus: 500,
  },
  // The world
  KmsPaceFull: {
    sentence: (d: { operation: string; seconds: number }) => `So many wait for ${d.operation} of KMS that the next turn is more than ${d.seconds} seconds away.`,
    remedy: () => 'It is tried again by itself. Smaller waves, or a higher quota of the account (runbooks/waves.md), make the queue shorter.',
    httpStatus: 503,
  },
  CloudTrailBusy: {
    sentence: () => 'CloudTrail does not tell who uses the key: somebody else takes the two lookups a second that it answers to this account in this Region.',
    remedy: () => 'Wait a few minutes and ask again. If it goes on, find who else calls LookupEvents: runbooks/adoption.md, "CloudTrail is busy".',
    httpStatus: 503,
  },
  ConnectionLost: {
    sentence: (d: { service: string; code: string }) => `The connection to ${d.service} was lost (${d.code}).`,
    remedy: () => 'It is tried again; if it goes on, look at the network and at the AWS health page.',
    httpStatus: 502,
  },
  RoleNotAssumed: {
    sentence: (d: { roleArn: string; message: string }) => `The role ${d.roleArn} cannot be assumed: ${d.message}`,
    remedy: () => 'The role must be there and trust who asks, and they must be allowed `sts:AssumeRole` on it: runbooks/sweep.md, "In other accounts".',
    httpStatus: 502,
  },
  AwsRefused: {
    sentence: (d: { service: string; operation: string; code: string; message: string }) =>
      `${d.service} refused ${d.operation} with ${d.code}: ${d.message}`,
    remedy: () => 'Look at the IAM role and the key policy named in the message; runbooks/aws-refused.md.',
    httpStatus: 502,
  },
} satisfies Record<string, CatalogueEntry>;

export type ErrorName = keyof typeof catalogue;
export type Detail<N extends ErrorName> = Parameters<(typeof catalogue)[N]['sentence']> extends [infer D] ? D : Record<string, never>;

interface EntryOf<N extends ErrorName> {
  readonly sentence: (detail: Detail<N>) => string;
  readonly remedy: (detail: Detail<N>) => string;
}

const entryOf = <N extends ErrorName>(name: N): EntryOf<N> => catalogue[name] as unknown as EntryOf<N>;

/** A refusal or failure by name. `message` is the sentence; `remedy` is printed below it by whoever shows it. */
export class RotaError<N extends ErrorName = ErrorName> extends Error {
  override readonly name: N;
  readonly detail: Detail<N>;

  constructor(name: N, detail: Detail<N>, options?: ErrorOptions) {
    super(entryOf(name).sentence(detail), options);
    this.name = name;
    this.detail = detail;
  }

  get remedy(): string {
    return entryOf(this.name).remedy(this.detail);
  }

  get httpStatus(): number {
    return catalogue[this.name].httpStatus;
  }
}

/** Whether something thrown is a `RotaError` of one of these names, or of any. */
export function isRotaError<N extends ErrorName>(error: unknown, ...names: readonly N[]): error is RotaError<N> {
  return error instanceof RotaError && (names.length === 0 || (names as readonly string[]).includes(String(error.name)));
}
