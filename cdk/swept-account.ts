/**
 * What an account has that Rota sweeps from another: a role to look by, and rules that forward what happens to its keys. One template serves every account and
 * Region, by itself or as a StackSet: no assets, nothing made by code. It decides at its deployment what belongs there.
 */
import { ArnFormat, Aws, BootstraplessSynthesizer, CfnCondition, CfnParameter, CfnResource, Fn, Stack, type ICfnRuleConditionExpression, type IStackSynthesizer, type StackProps } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { enablingAction, lastUseAction, lookingActions, sweepRoleName } from '../core/inventory/sweep-role.ts';
import { defaultNames } from '../store/clients.ts';
import { keyEventPatterns } from './key-event-patterns.ts';
import { withoutResource } from './permissions.ts';
import { sweeperRoleName, sweepers } from './sweepers.ts';

export interface SweptBy {
  /** The account and Region that Rota is deployed in. */
  readonly rota: { readonly account: string; readonly region: string };
  /** Users and roles of Rota's account, as ARNs with `*` allowed, who take inventories of this one too and type the commands that findings name. */
  readonly people: readonly string[];
  /** Whether rotation may be switched on by this role: for remedy `enable`, and for people who do it themselves. */
  readonly mayEnable: boolean;
}

interface SweptAccountProps extends SweptBy {
  /** The one Region whose deployment makes the role. */
  readonly roleRegion: string;
}

/** The role and the rules, for a stack of one's own; each is there only where it belongs. */
export class SweptAccount extends Construct {
  constructor(scope: Construct, id: string, { rota, people, mayEnable, roleRegion }: SweptAccountProps) {
    super(scope, id);
    const ofRota = Fn.conditionEquals(Aws.ACCOUNT_ID, rota.account);
    // Rota sweeps its own account by its own role.
    const hasRole = this.#condition('HasRole', Fn.conditionAnd(Fn.conditionNot(ofRota), Fn.conditionEquals(Aws.REGION, roleRegion)));
    // On Rota's own bus the events are already.
    const forwards = this.#condition('Forwards', Fn.conditionNot(Fn.conditionAnd(ofRota, Fn.conditionEquals(Aws.REGION, rota.region))));

    onlyIf(hasRole, new SweepRole(this, 'Sweep', { rota, people, mayEnable }));
    onlyIf(forwards, new Forwarding(this, 'Forward', rota));
  }

  #condition(name: string, expression: ICfnRuleConditionExpression): CfnCondition {
    return new CfnCondition(this, name, { expression });
  }
}

/** The role by which Rota looks. Without an external id: who names the role in the registry may deploy Rota as well, and no third party assumes it. */
class SweepRole extends Construct {
  constructor(scope: Construct, id: string, { rota, people, mayEnable }: SweptBy) {
    super(scope, id);
    const stack = Stack.of(this);
    const ofTask = (task: string): string => stack.formatArn({ service: 'iam', region: '', account: rota.account, resource: 'role', resourceName: sweeperRoleName(task, rota.region) });
    const actions = [...lookingActions, ...(people.length > 0 ? [lastUseAction] : []), ...(mayEnable ? [enablingAction] : [])];
    const anywhere = actions.filter((action) => withoutResource.includes(action));
    const atKeys = actions.filter((action) => !withoutResource.includes(action));
    new iam.Role(this, 'Role', {
      roleName: sweepRoleName,
      description: `Rota in ${rota.account} looks at KMS keys`,
      // By name, through the account: a principal of a trust policy must be there already, and one that is made anew is another (IAM User Guide, "AWS JSON policy elements: Principal").
      assumedBy: new iam.AccountPrincipal(rota.account).withConditions({ ArnLike: { 'aws:PrincipalArn': [...sweepers.map(ofTask), ...people] } }),
      inlinePolicies: {
        Look: new iam.PolicyDocument({
          statements: [
            new iam.PolicyStatement({ actions: anywhere, resources: ['*'] }),
            // Of every Region, since the role is.
            new iam.PolicyStatement({ actions: atKeys, resources: [stack.formatArn({ service: 'kms', region: '*', resource: 'key', resourceName: '*' })] }),
          ],
        }),
      },
    });
  }
}

/** Rules that forward events about keys to Rota's bus. What cannot be delivered for a day is dropped: the next sweep finds it. */
class Forwarding extends Construct {
  constructor(scope: Construct, id: string, { account, region }: SweptBy['rota']) {
    super(scope, id);
    const arn = Stack.of(this).formatArn({ service: 'events', account, region, resource: 'event-bus', resourceName: defaultNames.eventBus, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('events.amazonaws.com'), description: `Forwards events of KMS to Rota in ${account}` });
    const bus = new targets.EventBus(events.EventBus.fromEventBusArn(this, 'Bus', arn), { role });
    for (const [name, { what, pattern }] of Object.entries(keyEventPatterns)) new events.Rule(this, name, { description: `To Rota: ${what}`, eventPattern: pattern, targets: [bus] });
  }
}

function onlyIf(condition: CfnCondition, part: Construct): void {
  for (const child of part.node.findAll()) if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = condition;
}

/** `SweptAccount` by itself; its one parameter is for accounts that have no deployment in Rota's Region. */
export class SweptAccountStack extends Stack {
  constructor(scope: Construct, id: string, { rota, people, mayEnable, ...props }: SweptBy & StackProps) {
    super(scope, id, { ...props, synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer });
    const roleRegion = new CfnParameter(this, 'RoleRegion', { default: rota.region, description: 'The Region whose deployment makes the role, one for each account' });
    new SweptAccount(this, 'Swept', { rota, people, mayEnable, roleRegion: roleRegion.valueAsString });
  }
}
