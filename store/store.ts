import { AcknowledgementTable } from './acknowledgement-table.ts';
import { ApprovalTable } from './approval-table.ts';
import type { Clients, Names } from './clients.ts';
import { DossierBucket } from './dossier-bucket.ts';
import { FindingTable } from './finding-table.ts';
import { LedgerTable } from './ledger-table.ts';
import { PasskeyTable } from './passkey-table.ts';
import { PublicationTable } from './publication-table.ts';
import { RecordBucket } from './record-bucket.ts';
import { RegistryTable } from './registry-table.ts';
import { SessionTable } from './session-table.ts';
import { WaitTable } from './wait-table.ts';

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
  readonly dossiers: DossierBucket;
  readonly records: RecordBucket;
}

export const makeStore = (clients: Clients, names: Names): Store => ({
  registry: new RegistryTable(clients.dynamo, names.registryTable),
  ledger: new LedgerTable(clients.dynamo, names.ledgerTable),
  approvals: new ApprovalTable(clients.dynamo, names.approvalTable),
  publications: new PublicationTable(clients.dynamo, names.publicationTable),
  acknowledgements: new AcknowledgementTable(clients.dynamo, names.acknowledgementTable),
  waits: new WaitTable(clients.dynamo, names.waitTable),
  findings: new FindingTable(clients.dynamo, names.findingTable),
  passkeys: new PasskeyTable(clients.dynamo, names.passkeyTable),
  sessions: new SessionTable(clients.dynamo, names.sessionTable),
  dossiers: new DossierBucket(clients.s3, names.dossierBucket),
  records: new RecordBucket(clients.s3, names.recordBucket),
});
