import { defaultNames, type Names } from './clients.ts';

/** Name of the environment variable that carries each of Rota's names on Lambda. */
export const nameVariables = {
  registryTable: 'ROTA_REGISTRY_TABLE',
  ledgerTable: 'ROTA_LEDGER_TABLE',
  approvalTable: 'ROTA_APPROVAL_TABLE',
  publicationTable: 'ROTA_PUBLICATION_TABLE',
  acknowledgementTable: 'ROTA_ACKNOWLEDGEMENT_TABLE',
  waitTable: 'ROTA_WAIT_TABLE',
  findingTable: 'ROTA_FINDING_TABLE',
  passkeyTable: 'ROTA_PASSKEY_TABLE',
  sessionTable: 'ROTA_SESSION_TABLE',
  dossierBucket: 'ROTA_DOSSIER_BUCKET',
  recordBucket: 'ROTA_RECORD_BUCKET',
  tokenKey: 'ROTA_TOKEN_KEY',
  decisionKey: 'ROTA_DECISION_KEY',
  dossierKey: 'ROTA_DOSSIER_KEY',
  eventBus: 'ROTA_EVENT_BUS',
} as const satisfies Record<keyof Names, string>;

/** The names that a deployment handed to its functions; what it left out has the default name. */
export const namesFromEnvironment = (environment: NodeJS.ProcessEnv): Names =>
  Object.fromEntries(
    (Object.keys(nameVariables) as (keyof Names)[]).map((name) => [name, environment[nameVariables[name]] ?? defaultNames[name]]),
  ) as unknown as Names;
