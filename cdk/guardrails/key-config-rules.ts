import { Stack } from 'aws-cdk-lib';
import * as config from 'aws-cdk-lib/aws-config';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { configRuleNames, type ConfigRuleName } from '../../core/inventory/config-rule.ts';
import { rotatesByItselfTag } from './rotated-key.ts';

export interface KeyConfigRulesProps {
  /** The function of Rota's task `judge-for-config` in this account and Region. */
  readonly judge: lambda.IFunction;
  /** How often each rule looks at every key; once a day when left out. */
  readonly frequency?: config.MaximumExecutionFrequency;
  /** Adds AWS's own rule, for keys of `RotatedKey` only. */
  readonly managedRule?: boolean;
}

const descriptions: Readonly<Record<ConfigRuleName, string>> = {
  'automatic-rotation': 'KMS keys that AWS can rotate are rotated by AWS, as often as rota.yaml says',
  'manual-rotation': 'KMS keys that people rotate are in rota.yaml and inside their cryptoperiod',
  'imported-material': 'Imported material of KMS keys is there, and not about to expire',
};

/**
 * Rules of AWS Config about the KMS keys of an account and Region. They need a configuration recorder: without one the deployment fails.
 *
 * They are periodic. Whether a key is overdue or its material expires changes with time and with rota.yaml, and no configuration item has the rotation
 * period (AWS Config resource schema, AWS::KMS::Key): a rule that waits for changes would say the old thing for months.
 *
 * AWS's own `cmk-backing-key-rotation-enabled` is left out by default. It is periodic and takes no parameters; a scope says which resources *trigger* a rule
 * (AWS Config API Reference, Scope), which nothing does here, so that no text of AWS's promises that it passes over a key that cannot rotate.
 * Where it is wanted, its scope is the tag that `RotatedKey` sets: then it looks at keys that can rotate, or, if AWS takes no
 * notice of the scope, at all of them. `automatic-rotation` says the same of every key, and nothing of those that cannot.
 */
export class KeyConfigRules extends Construct {
  constructor(scope: Construct, id: string, { judge, frequency = config.MaximumExecutionFrequency.TWENTY_FOUR_HOURS, managedRule = false }: KeyConfigRulesProps) {
    super(scope, id);
    const invoke = new lambda.CfnPermission(this, 'Invoke', { action: 'lambda:InvokeFunction', functionName: judge.functionArn, principal: 'config.amazonaws.com', sourceAccount: Stack.of(this).account });
    for (const rule of configRuleNames)
      // Not config.CustomRule, which gives the function's role a policy of AWS's with more than it needs.
      new config.CfnConfigRule(this, rule, {
        configRuleName: `rota-${rule}`,
        description: descriptions[rule],
        inputParameters: { rule },
        source: { owner: 'CUSTOM_LAMBDA', sourceIdentifier: judge.functionArn, sourceDetails: [{ eventSource: 'aws.config', messageType: 'ScheduledNotification', maximumExecutionFrequency: frequency }] },
      }).addResourceDependency(invoke);
    if (managedRule)
      new config.ManagedRule(this, 'managed', {
        configRuleName: 'rota-rotated-keys-rotate',
        description: 'Keys that are tagged as rotated by AWS are',
        identifier: config.ManagedRuleIdentifiers.CMK_BACKING_KEY_ROTATION_ENABLED,
        maximumExecutionFrequency: frequency,
        ruleScope: config.RuleScope.fromTag(rotatesByItselfTag.key, rotatesByItselfTag.value),
      });
  }
}
