export type StatusWord = 'RUNNING' | 'WAITING' | 'SUCCEEDED' | 'FAILED' | 'ROLLED_BACK';

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
  readonly waitingFor: readonly string[];
  readonly steps: readonly { readonly step: string; readonly intendedAt: string; readonly completedAt?: string; readonly attempts: number }[];
  readonly error?: { readonly name: string; readonly sentence: string };
  readonly leftBehind: readonly string[];
  readonly dossierSequence?: number;
  readonly undoes?: string;
  readonly rolledBackBy?: string;
}
