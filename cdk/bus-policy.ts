import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { defaultNames } from '../store/clients.ts';

/** The accounts whose events of KMS Rota's bus takes. */
export interface Senders {
  /** Account ids. */
  readonly accounts: readonly string[];
  /** All accounts of an organisation. */
  readonly organizationId?: string;
}

/**
 * Lets others put events of KMS on the bus of Rota's account, and events of nobody else: nobody but AWS itself makes events of a source `aws.…` (EventBridge API Reference,
 * PutEvents). What is about no account that the registry names `judge-event` leaves alone.
 */
export class BusPolicy extends Construct {
  constructor(scope: Construct, id: string, { accounts, organizationId }: Senders) {
    super(scope, id);
    const bus = events.EventBus.fromEventBusName(this, 'Bus', defaultNames.eventBus);
    const allow = (name: string, principals: iam.IPrincipal[], more: object = {}): void => {
      // A key with many values is satisfied by none (IAM User Guide, "Multivalued context keys"): so there must be one.
      const conditions = { 'ForAllValues:StringEquals': { 'events:source': ['aws.kms'] }, Null: { 'events:source': 'false' }, ...more };
      const statement = new iam.PolicyStatement({ principals, actions: ['events:PutEvents'], resources: [bus.eventBusArn], conditions });
      new events.CfnEventBusPolicy(this, name, { eventBusName: bus.eventBusName, statementId: `Rota${name}`, statement: statement.toStatementJson() as object });
    };
    if (accounts.length > 0) allow('SweptAccounts', accounts.map((account) => new iam.AccountPrincipal(account)));
    if (organizationId !== undefined) allow('SweptOrganization', [new iam.StarPrincipal()], { StringEquals: { 'aws:PrincipalOrgID': organizationId } });
  }
}
