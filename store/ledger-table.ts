import { RotaError } from '../core/errors.ts';
import { rotatesAKey, type KnownRotation } from '../core/findings/due-start.ts';
import type { QuietUse } from '../core/adoption/quiet.ts';
import type { KmsCall, StepRecord } from '../core/dossier/statement.ts';
import type { CutoverPlan, RetirePlan, RollbackPlan, RotationPlan } from '../core/plan/plan.ts';
import type { Item, Table } from './table.ts';

/** What was asked for; written before the execution starts. */
export interface RotationRequest {
  readonly rotationId: string;
  readonly workflow: 'byok-rotation' | 'asymmetric-rotation' | 'alias-rollback' | 'retire';
  readonly alias: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  /** Of a rollback: the rotation that it undoes. */
  readonly undoes?: string;
  /** Of a retirement: the old key. */
  readonly keyId?: string;
  /** Under the rule for emergencies, without waits. */
  readonly emergency?: boolean;
  /** Of one that a wave asked for. */
  readonly waveId?: string;
  /** Of KMS's request quotas, what it may take; left out, the usual one. */
  readonly quotaShare?: number;
}

/** The head of a rotation: the request, and what its steps have settled so far. */
export interface RotationHead extends RotationRequest {
  readonly executionArn?: string;
  readonly plan?: RotationPlan | RollbackPlan;
  readonly cutoverPlan?: CutoverPlan;
  /** Of a rotation that is put back while its old key drains. */
  readonly rollbackPlan?: RollbackPlan;
  /** Of a retirement, in place of a plan. */
  readonly retirePlan?: RetirePlan;
  readonly newKeyId?: string;
  /** Of a rotation that has switched and counts as complete only when its old key is quiet: the last look. */
  readonly quiet?: QuietUse;
  readonly outcome?: string;
  readonly error?: { readonly name: string; readonly sentence: string };
  readonly leftBehind?: readonly string[];
  /** When its aliases moved to the new key. */
  readonly switchedAt?: string;
  /** When its old key was put aside, with the retention lock and its mark. */
  readonly keptAt?: string;
  /** Of a retirement: when it was about to disable its key. */
  readonly disablesAt?: string;
  readonly dossierSequence?: number;
  readonly rolledBackBy?: string;
  /** Since when it is closed by another execution, its own having ended outside its machine. ISO 8601. */
  readonly closedSince?: string;
}

const standingFields = ['rotationId', 'workflow', 'requestedAt', 'executionArn', 'newKeyId', 'outcome', 'quiet', 'switchedAt', 'rolledBackBy'] as const;

/** A rotation in the list of all: what is known of it from its start, and never changes. */
export type ListedRotation = Pick<RotationRequest, 'rotationId' | 'alias' | 'workflow' | 'requestedAt'>;

/** How far a rotation has come, for whoever looks after many: a head has whole plans, which would be most of what is read. */
export interface RotationStanding extends Pick<RotationHead, (typeof standingFields)[number]> {
  /** Whether it has a plan that asks people before anything is created. */
  readonly asksBeforeStart: boolean;
  readonly hasCutoverPlan: boolean;
}

/** What findings about aliases and kept keys need of a rotation. Of each plan only this is read: for an estate of years whole plans are more than a function holds. */
export interface RotationOutline extends Pick<RotationHead, (typeof outlineFields)[number]> {
  readonly cutoverPlan?: Pick<CutoverPlan, 'aliases'>;
  readonly plan?: Pick<RollbackPlan, 'stage' | 'aliases'> | (Pick<RotationPlan, 'alias' | 'aliases' | 'owner' | 'breakGlassRoleArn'> & { readonly oldKey: Pick<RotationPlan['oldKey'], 'keyId'> });
  readonly retirePlan?: Pick<RetirePlan, 'keyId' | 'breakGlassRoleArn'>;
}

const outlineFields = ['rotationId', 'alias', 'requestedAt', 'outcome', 'quiet', 'switchedAt', 'keptAt', 'disablesAt', 'rolledBackBy'] as const;
const outlineOfPlans = ['cutoverPlan.aliases', 'plan.stage', 'plan.alias', 'plan.aliases', 'plan.owner', 'plan.oldKey.keyId', 'plan.breakGlassRoleArn', 'retirePlan.keyId', 'retirePlan.breakGlassRoleArn'] as const;

/** These fields of a head alone, as a request for items asks for them. */
function attributesOf(fields: readonly string[]): { readonly projection: string; readonly names: Readonly<Record<string, string>> } {
  const paths = fields.map((field) => ['head', ...field.split('.')]);
  return { projection: paths.map((path) => path.map((name) => `#${name}`).join('.')).join(', '), names: Object.fromEntries(paths.flat().map((name) => [`#${name}`, name])) };
}

type HeadField = Exclude<keyof RotationHead, keyof RotationRequest>;

const headKey = (rotationId: string) => ({ rotationId, step: '#head' });
/** Of a key, and of the alias that a rotation is about: after a cutover the alias stands at another key, but the rotation goes on. */
const lockKey = (what: string) => ({ rotationId: `lock#${what}`, step: '#lock' });

/** The rotations that may not have ended, as items of a partition of their own: who looks after them need not read the whole ledger. */
const openKey = (rotationId: string) => ({ rotationId: '#open', step: rotationId });

/** All rotations there ever were, a small item each: to find the newest, or those of an alias, nobody need read a ledger of years. */
const listKey = (rotationId: string) => ({ rotationId: '#rotations', step: rotationId });

/** The ledger: what each rotation intended and did, step by step. Intent is written before the effect (P6). */
export class LedgerTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Opens a rotation. Repeated with the same id it changes nothing. */
  async open(request: RotationRequest): Promise<void> {
    const { rotationId, alias, workflow, requestedAt } = request;
    await this.#table.put(openKey(rotationId));
    const isNew = { only: 'attribute_not_exists(rotationId)' };
    await this.#table.put({ ...listKey(rotationId), listed: { rotationId, alias, workflow, requestedAt } }, isNew);
    await this.#table.put({ ...headKey(rotationId), head: { ...request } }, isNew);
  }

  /** Throws `NotFound`. */
  async head(rotationId: string): Promise<RotationHead> {
    const found = await this.#table.get(headKey(rotationId));
    if (found === undefined) throw new RotaError('NotFound', { what: `rotation ${rotationId}` });
    return found.head as RotationHead;
  }

  /** How those of these rotations stand that were asked for, in no order. */
  async standingOf(rotationIds: readonly string[]): Promise<RotationStanding[]> {
    const items = await this.#table.batchGet(rotationIds.map(headKey), attributesOf([...standingFields, 'plan.approvals.start', 'cutoverPlan.stage']));
    return items.map((item) => {
      const { plan, cutoverPlan, ...standing } = item.head as RotationStanding & { readonly plan?: { readonly approvals?: { readonly start?: object } }; readonly cutoverPlan?: object };
      return { ...standing, asksBeforeStart: plan?.approvals?.start !== undefined, hasCutoverPlan: cutoverPlan !== undefined };
    });
  }

  /** The rotations that have not ended, in no order. Those that have leave the list here. */
  async openOnes(): Promise<RotationStanding[]> {
    const standing = await this.standingOf((await this.#items('#open')).map((item) => String(item.step)));
    for (const { rotationId, outcome } of standing) if (outcome !== undefined) await this.#table.delete(openKey(rotationId));
    return standing.filter(({ outcome }) => outcome === undefined);
  }

  /** Settles fields of the head. Throws `NotFound`. */
  async settle(rotationId: string, fields: Partial<Pick<RotationHead, HeadField>>): Promise<void> {
    const names = Object.keys(fields) as HeadField[];
    if (names.length === 0) return;
    const isThere = await this.#table.update(headKey(rotationId), {
      change: `SET ${names.map((_, i) => `head.#f${i} = :f${i}`).join(', ')}`,
      only: 'attribute_exists(rotationId)',
      names: Object.fromEntries(names.map((n, i) => [`#f${i}`, n])),
      values: Object.fromEntries(names.map((n, i) => [`:f${i}`, fields[n]])),
    });
    if (!isThere) throw new RotaError('NotFound', { what: `rotation ${rotationId}` });
  }

  /** All rotations, newest request first. */
  async list(): Promise<ListedRotation[]> {
    return (await this.#items('#rotations')).map((item) => item.listed as ListedRotation).sort(newestFirst);
  }

  /** Reads the list of all rotations, and answers what tells of those of one key; one that a crash left without a head is none yet. */
  async byAlias(): Promise<(alias: string) => Promise<KnownRotation[]>> {
    const ids = new Map<string, string[]>();
    for (const rotation of (await this.list()).filter(rotatesAKey)) {
      const known = ids.get(rotation.alias);
      if (known === undefined) ids.set(rotation.alias, [rotation.rotationId]);
      else known.push(rotation.rotationId);
    }
    return async (alias) => (await this.standingOf(ids.get(alias) ?? [])).map((standing) => ({ ...standing, alias }));
  }

  /** All rotations, newest request first. One that a crash left without a head is none yet. */
  async outlines(): Promise<RotationOutline[]> {
    const keys = (await this.list()).map(({ rotationId }) => headKey(rotationId));
    const items = await this.#table.batchGet(keys, attributesOf([...outlineFields, ...outlineOfPlans]));
    return items.map((item) => item.head as RotationOutline).sort(newestFirst);
  }

  /** The heads of these rotations, newest request first. One that a crash left without a head is none yet. */
  async headsOf(rotationIds: readonly string[]): Promise<RotationHead[]> {
    const items = await this.#table.batchGet(rotationIds.map(headKey));
    return items.map((item) => item.head as RotationHead).sort(newestFirst);
  }

  /** Writes the intent of a step. `attempts` above 1 tells that an earlier attempt may have had its effect. */
  async intend(rotationId: string, step: string, at: string): Promise<StepRecord> {
    const intent = await this.#table.updated(
      { rotationId, step },
      { change: 'SET intendedAt = if_not_exists(intendedAt, :at), kmsCalls = if_not_exists(kmsCalls, :none) ADD attempts :one', values: { ':at': at, ':one': 1, ':none': [] } },
    );
    return stepOf(intent ?? {});
  }

  /** Writes what a step did; from then on a repeat answers this result. */
  async complete(rotationId: string, step: string, at: string, result: unknown, kmsCalls: readonly KmsCall[]): Promise<void> {
    await this.#table.update(
      { rotationId, step },
      { change: 'SET completedAt = :at, #result = :result, kmsCalls = list_append(kmsCalls, :calls)', names: { '#result': 'result' }, values: { ':at': at, ':result': result, ':calls': kmsCalls } },
    );
  }

  /** Keeps the KMS calls of an attempt that failed. */
  async noteCalls(rotationId: string, step: string, kmsCalls: readonly KmsCall[]): Promise<void> {
    await this.#table.update({ rotationId, step }, { change: 'SET kmsCalls = list_append(kmsCalls, :calls)', values: { ':calls': kmsCalls } });
  }

  /** Keeps working data of a step (ciphertexts, tokens of an import) that its repeat or its successor needs. */
  async keep(rotationId: string, name: string, value: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#table.put({ rotationId, step: `#kept ${name}`, value });
  }

  async kept(rotationId: string, name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    return (await this.#table.get({ rotationId, step: `#kept ${name}` }))?.value as Readonly<Record<string, unknown>> | undefined;
  }

  /** The steps of a rotation in the order of their intents. */
  async steps(rotationId: string): Promise<StepRecord[]> {
    const order = (s: StepRecord) => `${s.intendedAt} ${s.completedAt ?? '9'}`;
    return (await this.#items(rotationId))
      .filter((item) => !String(item.step).startsWith('#'))
      .map(stepOf)
      .sort((a, b) => order(a).localeCompare(order(b)));
  }

  /** Takes the lock of an old key for a rotation. Throws `RotationUnderWay`, naming the holder. */
  async lock(keyId: string, rotationId: string): Promise<void> {
    const isOurs = await this.#table.put({ ...lockKey(keyId), holder: rotationId }, { only: 'attribute_not_exists(rotationId) OR holder = :me', values: { ':me': rotationId } });
    if (!isOurs) throw new RotaError('RotationUnderWay', { keyId, rotationId: (await this.lockHolder(keyId)) ?? 'unknown' });
  }

  async lockHolder(keyId: string): Promise<string | undefined> {
    return (await this.#table.get(lockKey(keyId)))?.holder as string | undefined;
  }

  /** Gives the lock back; one that somebody else holds stays. */
  async unlock(keyId: string, rotationId: string): Promise<void> {
    await this.#table.delete(lockKey(keyId), { only: 'holder = :me', values: { ':me': rotationId } });
  }

  #items(partition: string): Promise<Item[]> {
    return this.#table.query({ where: 'rotationId = :r', values: { ':r': partition } });
  }
}

const newestFirst = (a: { readonly requestedAt: string }, b: { readonly requestedAt: string }): number => b.requestedAt.localeCompare(a.requestedAt);

function stepOf(item: Record<string, unknown>): StepRecord {
  const { step, intendedAt, attempts, completedAt, result, kmsCalls } = item as unknown as StepRecord;
  return {
    step,
    intendedAt,
    attempts,
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(result === undefined ? {} : { result }),
    kmsCalls,
  };
}
