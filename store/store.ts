import { AcknowledgementTable } from './acknowledgement-table.ts';
import { ApprovalTable } from './approval-table.ts';
import type { Clients, Names } from './clients.ts';
import { DossierBucket } from './dossier-bucket.ts';
import { FindingTable } from './finding-table.ts';
import { LedgerTable } from './ledger-table.ts';
import { PasskeyTable } from './passkey-table.ts';
import { PaceTable } from './pace-table.ts';
import { PublicationTable } from './publication-table.ts';
import { RecordBucket } from './record-bucket.ts';
import { RegistryTable } from './registry-table.ts';
import { SessionTable } from './session-table.ts';
import { Table } from './table.ts';
import { WaitTable } from './wait-table.ts';
import { WaveTable } from './wave-table.ts';

/** Everything that Rota keeps. */
export interface Store {
  readonly registry: RegistryTable;
  readonly ledger: LedgerTable;
  readonly approvals: ApprovalTable;
  readonly publications: PublicationTable;
  readonly acknowledgements: AcknowledgementTable;
  readonly waits: WaitTable;
  readonly findings: FindingTable;
  readonly passkeys: PasskeyTable;
  readonly sessions: SessionTable;
  readonly waves: WaveTable;
  readonly paces: PaceTable;
  readonly dossiers: DossierBucket;
  readonly records: RecordBucket;
}

export const makeStore = (clients: Clients, names: Names): Store => ({
  registry: new RegistryTable(new Table(clients.dynamo, names.registryTable)),
  ledger: new LedgerTable(new Table(clients.dynamo, names.ledgerTable)),
  approvals: new ApprovalTable(new Table(clients.dynamo, names.approvalTable)),
  publications: new PublicationTable(new Table(clients.dynamo, names.publicationTable)),
  acknowledgements: new AcknowledgementTable(new Table(clients.dynamo, names.acknowledgementTable)),
  waits: new WaitTable(new Table(clients.dynamo, names.waitTable)),
  findings: new FindingTable(new Table(clients.dynamo, names.findingTable)),
  passkeys: new PasskeyTable(new Table(clients.dynamo, names.passkeyTable)),
  sessions: new SessionTable(new Table(clients.dynamo, names.sessionTable)),
  waves: new WaveTable(new Table(clients.dynamo, names.waveTable)),
  paces: new PaceTable(new Table(clients.dynamo, names.paceTable)),
  dossiers: new DossierBucket(clients.s3, names.dossierBucket),
  records: new RecordBucket(clients.s3, names.recordBucket),
});
