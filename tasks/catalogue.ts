import { repointAliases } from './alias/repoint-aliases.ts';
import { restoreAliases } from './alias/restore-aliases.ts';
import { checkStart } from './approval/check-start.ts';
import { requestApproval } from './approval/request-approval.ts';
import { judgeForConfig } from './config/judge-for-config.ts';
import { sealDossier } from './dossier/seal-dossier.ts';
import { checkFreeze } from './freeze/check-freeze.ts';
import { copyGrants } from './key/copy-grants.ts';
import { createSuccessor } from './key/create-successor.ts';
import { keepOldKey } from './key/keep-old-key.ts';
import { liftStop } from './key/lift-stop.ts';
import { stopKey } from './key/stop-key.ts';
import { importMaterial } from './material/import-material.ts';
import { wrapGenerated } from './material/wrap-generated.ts';
import { planCutover } from './plan/plan-cutover.ts';
import { planRollback } from './plan/plan-rollback.ts';
import { planRotation } from './plan/plan-rotation.ts';
import { makeCanary } from './prove/make-canary.ts';
import { proveSuccessor } from './prove/prove-successor.ts';
import { proveThroughAlias } from './prove/prove-through-alias.ts';
import { publishKeys } from './publish/publish-keys.ts';
import { remindConsumers } from './publish/remind-consumers.ts';
import { checkDrained } from './retire/check-drained.ts';
import { checkQuiet } from './retire/check-quiet.ts';
import { checkUnused } from './retire/check-unused.ts';
import { checkWanted } from './retire/check-wanted.ts';
import { disableKey } from './retire/disable-key.ts';
import { enableKey } from './retire/enable-key.ts';
import { planRetirement } from './retire/plan-retirement.ts';
import { prepareDeletion } from './retire/prepare-deletion.ts';
import { stopRetiredKey } from './retire/stop-retired-key.ts';
import { closeSweep } from './sweep/close-sweep.ts';
import { judgeEvent } from './sweep/judge-event.ts';
import { listTargets } from './sweep/list-targets.ts';
import { sweepTarget } from './sweep/sweep-target.ts';
import { openWait } from './wait/open-wait.ts';
import { ledgerActions, runPlainTask, runTask, type AnyTask, type Deps, type PlainTask, type Task } from './task.ts';

/** What a deployment must know of a task; what a caller can do with it. */
export interface CataloguedTask {
  readonly name: string;
  readonly errors: AnyTask['errors'];
  /** Every IAM action that it needs. */
  readonly actions: readonly string[];
  /** Whether it is a step of a rotation, with the ledger as its memory. */
  readonly inLedger: boolean;
  readonly run: (event: unknown, deps: Deps) => Promise<unknown>;
}

const entry = <I extends { rotationId: string }, O>(definition: Task<I, O>): CataloguedTask => ({
  name: definition.name,
  errors: definition.errors,
  actions: [...new Set([...definition.actions, ...ledgerActions])],
  inLedger: true,
  run: (event, deps) => runTask(definition, event, deps),
});

const plainEntry = <I, O>(definition: PlainTask<I, O>): CataloguedTask => ({
  name: definition.name,
  errors: definition.errors,
  actions: [...new Set(definition.actions)],
  inLedger: false,
  run: (event, deps) => runPlainTask(definition, event, deps),
});

/** Every task there is: CDK makes a function of each, the embedded AWS a handler. */
export const tasks: readonly CataloguedTask[] = [
  entry(planRotation),
  entry(checkStart),
  entry(makeCanary),
  entry(createSuccessor),
  entry(copyGrants),
  entry(wrapGenerated),
  entry(importMaterial),
  entry(proveSuccessor),
  entry(planCutover),
  entry(requestApproval),
  entry(checkFreeze),
  entry(repointAliases),
  entry(proveThroughAlias),
  entry(keepOldKey),
  entry(publishKeys),
  entry(remindConsumers),
  entry(stopKey),
  entry(liftStop),
  entry(checkDrained),
  entry(checkQuiet),
  entry(openWait),
  entry(planRollback),
  entry(restoreAliases),
  entry(planRetirement),
  entry(stopRetiredKey),
  entry(checkUnused),
  entry(disableKey),
  entry(checkWanted),
  entry(enableKey),
  entry(prepareDeletion),
  entry(sealDossier),
  plainEntry(listTargets),
  plainEntry(sweepTarget),
  plainEntry(closeSweep),
  plainEntry(judgeEvent),
  plainEntry(judgeForConfig),
];
