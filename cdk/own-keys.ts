import { Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { keptOnceMade } from './kept-once-made.ts';
import { RotatedKey } from './guardrails/rotated-key.ts';
import { defaultNames } from '../store/clients.ts';

/** Who alone may use Rota's own keys for what they are for. */
export interface KeyUsers {
  readonly api: iam.IRole;
  /** The tasks that put task tokens into their tables. */
  readonly tokenKeepers: readonly iam.IRole[];
  readonly sealDossier: iam.IRole;
}

/**
 * Rota's own keys, under the names of store/clients.ts: task tokens, decisions, dossiers. They outlive the stack, since without them nothing that
 * was sealed can be sealed on; their aliases do not, so that a later stack can take the names.
 */
export class OwnKeys extends Construct {
  readonly tokenKey: kms.Key;
  readonly decisionKey: kms.Key;
  readonly dossierKey: kms.Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.tokenKey = marked(new RotatedKey(this, 'tokenKey', { alias: defaultNames.tokenKey, removalPolicy: keptOnceMade, description: 'Rota: task tokens of open approvals' }));
    this.decisionKey = this.#signing('decisionKey', 'Rota: signs decisions');
    this.dossierKey = this.#signing('dossierKey', 'Rota: signs dossiers');
  }

  /** Denies the use of each key to everybody but its own roles, administrators of the account too. */
  reserveFor({ api, tokenKeepers, sealDossier }: KeyUsers): void {
    only(this.tokenKey, tokenKeepers, 'kms:Encrypt', 'kms:ReEncryptTo');
    only(this.tokenKey, [api], 'kms:Decrypt', 'kms:ReEncryptFrom');
    only(this.decisionKey, [api], 'kms:Sign');
    only(this.dossierKey, [sealDossier], 'kms:Sign');
  }

  #signing(name: 'decisionKey' | 'dossierKey', description: string): kms.Key {
    return marked(new kms.Key(this, name, { alias: defaultNames[name], description, removalPolicy: keptOnceMade, keySpec: kms.KeySpec.ECC_NIST_P256, keyUsage: kms.KeyUsage.SIGN_VERIFY }));
  }
}

function marked(key: kms.Key): kms.Key {
  Tags.of(key).add('rota:own-key', key.node.id);
  return key;
}

function only(key: kms.Key, roles: readonly iam.IRole[], ...actions: string[]): void {
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources: ['*'],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles.map((role) => role.roleArn) } },
    }),
  );
}
