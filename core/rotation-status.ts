import type { QuietUse } from './adoption/quiet.ts';
import type { Acknowledgement } from './rollover/acknowledgement.ts';
import type { RolloverDate } from './rollover/state.ts';
import type { RolloverState } from './rollover/timing.ts';

export type StatusWord = 'RUNNING' | 'WAITING' | 'SUCCEEDED' | 'FAILED' | 'ROLLED_BACK';

/** Where the rollover of a public key stands. */
export interface RolloverStatus {
  readonly state: RolloverState | 'PLANNED';
  readonly emergency: boolean;
  /** Reached states with their time, the rest with the earliest one. */
  readonly dates: readonly RolloverDate[];
  readonly consumers: readonly {
    readonly name: string;
    readonly contact: string;
    readonly group: string;
    readonly acknowledges: 'required' | 'informed';
    /** When its word is due; known once the new key is published. */
    readonly deadline?: string;
  }[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** Who must still acknowledge, in words; `nobody` when all have. */
  readonly missing: string;
  /** What this rotation published last. */
  readonly keySet?: { readonly sequence: number; readonly sha256: string };
  readonly oldThumbprint?: string;
  readonly newThumbprint?: string;
  /** Since when the aliases are back at the old key, after a rollback. */
  readonly putBackAt?: string;
}

/** Where a rotation stands, as the API answers it. Times are ISO 8601 in UTC. */
export interface RotationStatus {
  readonly rotationId: string;
  readonly workflow: string;
  readonly alias: string;
  readonly status: StatusWord;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly reason: string;
  readonly executionArn?: string;
  readonly oldKeyId?: string;
  readonly newKeyId?: string;
  readonly aliases: readonly { readonly alias: string; readonly from?: string; readonly to?: string }[];
  /** Questions to approvers that are open. */
  readonly waitingFor: readonly string[];
  /** Waits that a word of a person ends early. */
  readonly waits: readonly { readonly name: string; readonly until: string; readonly because: string }[];
  readonly rollover?: RolloverStatus;
  /** Of one that counts as complete only when its old key is quiet: how that was at the last look. */
  readonly quiet?: QuietUse;
  readonly steps: readonly { readonly step: string; readonly intendedAt: string; readonly completedAt?: string; readonly attempts: number }[];
  readonly error?: { readonly name: string; readonly sentence: string };
  readonly leftBehind: readonly string[];
  readonly dossierSequence?: number;
  readonly undoes?: string;
  readonly rolledBackBy?: string;
}

/** What is said of a rotation whose aliases have moved, while its old key is still used or nothing shows that it is not. */
export const notYetQuiet = 'switched, not yet quiet';

/** What is said of it behind the status of a rotation; nothing of most. */
export const quietNote = ({ status, quiet }: Pick<RotationStatus, 'status' | 'quiet'>): string => (status === 'RUNNING' && quiet?.met === false ? `: ${notYetQuiet}` : '');

/** Whether a rotation has switched and is open for nothing but the quiet of its old key. */
export const awaitsQuiet = ({ outcome, quiet }: { readonly outcome?: string; readonly quiet?: QuietUse }): boolean => outcome === undefined && quiet?.met === false;
