import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
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
    this.tokenKey = this.#key('tokenKey', { description: 'Rota: task tokens of open approvals', enableKeyRotation: true });
    this.decisionKey = this.#key('decisionKey', { description: 'Rota: signs decisions', ...signing });
    this.dossierKey = this.#key('dossierKey', { description: 'Rota: signs dossiers', ...signing });
  }

  /** Denies the use of each key to everybody but its own roles, administrators of the account too. */
  reserveFor({ api, tokenKeepers, sealDossier }: KeyUsers): void {
    only(this.tokenKey, tokenKeepers, 'kms:Encrypt', 'kms:ReEncryptTo');
    only(this.tokenKey, [api], 'kms:Decrypt', 'kms:ReEncryptFrom');
    only(this.decisionKey, [api], 'kms:Sign');
    only(this.dossierKey, [sealDossier], 'kms:Sign');
  }

  #key(name: 'tokenKey' | 'decisionKey' | 'dossierKey', props: kms.KeyProps): kms.Key {
    const key = new kms.Key(this, name, { alias: defaultNames[name], removalPolicy: RemovalPolicy.RETAIN, ...props });
    Tags.of(key).add('rota:own-key', name);
    return key;
  }
}

const signing = { keySpec: kms.KeySpec.ECC_NIST_P256, keyUsage: kms.KeyUsage.SIGN_VERIFY } as const;

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
