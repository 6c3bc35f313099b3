import { App, Aspects, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as config from 'aws-cdk-lib/aws-config';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { KeyConfigRules, type KeyConfigRulesProps } from '../../cdk/guardrails/key-config-rules.ts';
import { RequireRotation, type RequireRotationProps } from '../../cdk/guardrails/require-rotation.ts';
import { RotatedKey } from '../../cdk/guardrails/rotated-key.ts';

const stackOf = (): Stack => new Stack(new App({ analyticsReporting: false }), 'Bank');

describe('RotatedKey', () => {
  test('rotates every year, says so in a tag, waits 30 days and stays behind', () => {
    const stack = stackOf();
    new RotatedKey(stack, 'Key', { description: 'Ledger' });
    Template.fromStack(stack).hasResource('AWS::KMS::Key', {
      Properties: { EnableKeyRotation: true, RotationPeriodInDays: 365, PendingWindowInDays: 30, Description: 'Ledger', Tags: [{ Key: 'rota:rotates', Value: 'automatic' }] },
      DeletionPolicy: 'Retain',
    });
  });

  test.each([89, 2561, 365.5])('refuses a period of %s days', (rotationPeriodDays) => {
    expect(() => new RotatedKey(stackOf(), 'Key', { rotationPeriodDays })).toThrow(`rotationPeriodDays is ${rotationPeriodDays}: KMS rotates every 90 to 2560 whole days`);
  });
});

describe('KeyConfigRules', () => {
  const judgeArn = 'arn:aws:lambda:eu-central-1:111122223333:function:judge';
  const rulesOf = (props: Partial<KeyConfigRulesProps> = {}): Template => {
    const stack = stackOf();
    new KeyConfigRules(stack, 'Rules', { judge: lambda.Function.fromFunctionArn(stack, 'Judge', judgeArn), ...props });
    return Template.fromStack(stack);
  };

  test('asks a function of another stack, as often as one likes, and gives it no rights', () => {
    const template = rulesOf({ frequency: config.MaximumExecutionFrequency.SIX_HOURS });
    template.resourceCountIs('AWS::Config::ConfigRule', 3);
    template.allResourcesProperties('AWS::Config::ConfigRule', { Source: { Owner: 'CUSTOM_LAMBDA', SourceIdentifier: judgeArn, SourceDetails: [{ MaximumExecutionFrequency: 'Six_Hours' }] } });
    template.resourceCountIs('AWS::IAM::Policy', 0);
    template.hasResourceProperties('AWS::Lambda::Permission', { Principal: 'config.amazonaws.com', FunctionName: judgeArn, SourceAccount: { Ref: 'AWS::AccountId' } });
  });

  test("AWS's own rule looks at keys of RotatedKey only", () => {
    const template = rulesOf({ managedRule: true });
    template.hasResourceProperties('AWS::Config::ConfigRule', { Source: { Owner: 'AWS', SourceIdentifier: 'CMK_BACKING_KEY_ROTATION_ENABLED' }, Scope: { TagKey: 'rota:rotates', TagValue: 'automatic' } });
  });
});

/** The complaints of the aspect on one key, without the advice that ends each. */
function complaints(make: (stack: Stack) => void, props: RequireRotationProps = {}): string[] {
  const stack = stackOf();
  Aspects.of(stack).add(new RequireRotation(props));
  make(stack);
  return Annotations.fromStack(stack)
    .findError('*', Match.anyValue())
    .map(({ entry }) => (entry.data as string).replace(' Use RotatedKey, or state an exception with a reason and an end.', ''));
}

const exception = (until: string) => ({ today: '2026-11-27', exceptions: [{ path: 'Bank/Key', reason: 'Moves to RotatedKey with the next release', until }] });

describe('RequireRotation', () => {
  const bare = (stack: Stack) => new kms.Key(stack, 'Key');
  const cases: { what: string; make: (stack: Stack) => void; props?: RequireRotationProps; says: string[] }[] = [
    { what: 'a symmetric key without rotation', make: bare, says: ['Bank/Key is a symmetric key without automatic rotation.'] },
    { what: 'the same as a plain CloudFormation resource', make: (s) => new kms.CfnKey(s, 'Key', {}), says: ['Bank/Key is a symmetric key without automatic rotation.'] },
    { what: 'rotation switched off in so many words', make: (s) => new kms.Key(s, 'Key', { enableKeyRotation: false }), says: ['Bank/Key is a symmetric key without automatic rotation.'] },
    { what: 'a multi-Region primary without rotation', make: (s) => new kms.CfnKey(s, 'Key', { multiRegion: true }), says: ['Bank/Key is a symmetric key without automatic rotation.'] },
    { what: 'a key that rotates', make: (s) => new RotatedKey(s, 'Key'), says: [] },
    { what: 'a key that rotates too seldom', make: (s) => new kms.Key(s, 'Key', { rotationPeriod: Duration.days(366) }), says: ['Bank/Key rotates every 366 days, more than the 365 allowed.'] },
    { what: 'a key that rotates just often enough', make: (s) => new RotatedKey(s, 'Key', { rotationPeriodDays: 180 }), props: { longestPeriodDays: 180 }, says: [] },
    { what: 'a key with imported material', make: (s) => new kms.CfnKey(s, 'Key', { origin: 'EXTERNAL' }), says: [] },
    { what: 'an asymmetric key', make: (s) => new kms.Key(s, 'Key', { keySpec: kms.KeySpec.RSA_4096, keyUsage: kms.KeyUsage.SIGN_VERIFY }), says: [] },
    { what: 'an HMAC key', make: (s) => new kms.Key(s, 'Key', { keySpec: kms.KeySpec.HMAC_256, keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC }), says: [] },
    { what: 'a replica', make: (s) => new kms.CfnReplicaKey(s, 'Key', { primaryKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1', keyPolicy: {} }), says: [] },
    { what: 'an exception that holds', make: bare, props: exception('2026-11-27'), says: [] },
    { what: 'an exception that ended', make: bare, props: exception('2026-11-26'), says: ['Bank/Key is a symmetric key without automatic rotation, and its exception ended on 2026-11-26.'] },
  ];
  test.each(cases)('$what', ({ make, props, says }) => expect(complaints(make, props)).toEqual(says));

  test('an exception needs a reason and a date that exists', () => {
    expect(() => new RequireRotation({ today: '2026-11-27', exceptions: [{ path: 'Bank/Key', reason: ' ', until: '2027-01-01' }] })).toThrow('the exception for Bank/Key has no reason');
    expect(() => new RequireRotation(exception('2026-02-30'))).toThrow('the exception for Bank/Key ends on 2026-02-30: write a date as YYYY-MM-DD');
    expect(() => new RequireRotation({ ...exception('2027-01-01'), today: '' })).toThrow('exceptions are measured against today: write it as YYYY-MM-DD');
  });
});
