import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { makeCdkApp } from '../../cdk/app.ts';
import { SweptAccount } from '../../cdk/swept-account.ts';
import { watchedCalls } from '../../core/findings/key-event.ts';
import { requestQuotas } from '../../core/inventory/request-quotas.ts';
import { inWords, listOf, made, ofType, roleOfFunction, statementsOfRole, type Resource, type Statement } from './template.ts';

const [rotaAccount, rotaRegion, member] = ['111122223333', 'eu-central-1', '222233334444'];

interface SweptTemplate {
  readonly Resources: Readonly<Record<string, Resource & { readonly Condition: string }>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Parameters: Readonly<Record<string, { readonly Default: string }>>;
}

const folder = () => mkdtempSync(join(tmpdir(), 'rota-cdk-'));
const stackOf = (name: string, context: Readonly<Record<string, string>>): Stack => Stack.of(makeCdkApp(context, folder()).node.findChild(name));
const sweptBy = (more: Readonly<Record<string, string>> = {}) => Template.fromStack(stackOf('RotaSwept', { sweptBy: `${rotaAccount}/${rotaRegion}`, ...more })).toJSON() as SweptTemplate;
const sweptOf = (swept: SweptTemplate, type: string): Resource[] => Object.values(swept.Resources).filter((r) => r.Type === type).map((r) => inWords(r) as Resource);

/** Whether a condition of a template holds where it is deployed. */
function holds(condition: unknown, given: Readonly<Record<string, string>>): boolean {
  const [[operator, operands] = ['', []]] = Object.entries(condition as Record<string, unknown[]>);
  if (operator === 'Fn::And') return operands.every((operand) => holds(operand, given));
  if (operator === 'Fn::Not') return operands.every((operand) => !holds(operand, given));
  if (operator !== 'Fn::Equals') throw new Error(`no test knows ${operator}`);
  const [left, right] = operands.map((operand) => (typeof operand === 'string' ? operand : given[(operand as { Ref: string }).Ref]));
  return left === right;
}

describe('an account that is swept', () => {
  const swept = sweptBy();
  const role = (of: SweptTemplate) => {
    const [found, ...more] = sweptOf(of, 'AWS::IAM::Role').filter((r) => r.Properties.RoleName !== undefined);
    expect(more).toEqual([]);
    return found?.Properties as { RoleName: string; AssumeRolePolicyDocument: { Statement: object[] }; Policies: { PolicyDocument: { Statement: Statement[] } }[] };
  };
  const rightsOf = (of: SweptTemplate) => role(of).Policies.flatMap((p) => p.PolicyDocument.Statement);
  const inRotasPlace = (text: string): string => text.replace('ACCOUNT', rotaAccount).replace('REGION', rotaRegion);

  test('its role trusts the roles that may assume it, and nobody else', () => {
    const assuming = ofType('AWS::IAM::Role').filter(([id]) => statementsOfRole(id).some((s) => s.Effect === 'Allow' && listOf(s.Action).includes('sts:AssumeRole')));
    expect(assuming.map(([id]) => id).sort()).toEqual(['judge-event', 'sweep-target'].map((task) => roleOfFunction('ROTA_TASK', task)).sort());
    const arns = assuming.map(([, r]) => inRotasPlace(`arn:aws:iam::ACCOUNT:role/${String(r.Properties.RoleName)}`));
    expect(arns.sort()).toEqual([`arn:aws:iam::${rotaAccount}:role/Rota-judge-event-eu-central-1`, `arn:aws:iam::${rotaAccount}:role/Rota-sweep-target-eu-central-1`]);
    expect(role(swept).AssumeRolePolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${rotaAccount}:root` }, Action: 'sts:AssumeRole', Condition: { ArnLike: { 'aws:PrincipalArn': expect.toSatisfy((trusted: string[]) => [...trusted].sort().join() === arns.join()) as string[] } } },
    ]);
  });

  test('its name is the one that those roles may assume', () => {
    const assumable = statementsOfRole(roleOfFunction('ROTA_TASK', 'sweep-target')).filter((s) => listOf(s.Action).includes('sts:AssumeRole')).flatMap((s) => listOf(s.Resource));
    expect(assumable).toEqual([`arn:aws:iam::*:role/${role(swept).RoleName}`]);
  });

  test('people whom somebody names may assume it too', () => {
    const people = [`arn:aws:iam::${rotaAccount}:user/pat`, `arn:aws:iam::${rotaAccount}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Keys_*`];
    const theirs = sweptBy({ sweepPeople: people.join(), sweepMayEnable: 'yes' });
    for (const arn of people) expect(JSON.stringify(role(theirs).AssumeRolePolicyDocument)).toContain(JSON.stringify(arn));
    // Then it may all that is ever asked of an account, but for the policies of keys that Rota keeps, which are at home.
    const asked = Object.keys(requestQuotas).filter((operation) => operation !== 'GetKeyPolicy').map((operation) => (operation === 'GetResources' ? 'tag:GetResources' : `kms:${operation}`));
    expect(rightsOf(theirs).flatMap((s) => listOf(s.Action)).sort()).toEqual(asked.sort());
  });

  test('it may look, at keys only; and switch rotation on where somebody says so', () => {
    expect(rightsOf(swept)).toEqual([
      { Effect: 'Allow', Action: ['kms:ListKeys', 'kms:ListAliases', 'tag:GetResources'], Resource: '*' },
      { Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations', 'kms:ListResourceTags'], Resource: 'arn:aws:kms:*:ACCOUNT:key/*' },
    ]);
    const more = rightsOf(sweptBy({ sweepMayEnable: 'yes' })).flatMap((s) => listOf(s.Action));
    expect(more.filter((action) => !rightsOf(swept).flatMap((s) => listOf(s.Action)).includes(action))).toEqual(['kms:EnableKeyRotation']);
  });

  const [roleAndRules, rulesAlone] = [['AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'rota-sweep'], ['AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role']];
  test.each([
    ["another account, in Rota's Region", member, rotaRegion, rotaRegion, roleAndRules],
    ['another account, elsewhere', member, 'eu-west-1', rotaRegion, rulesAlone],
    ["another account that has no deployment in Rota's Region", member, 'eu-west-1', 'eu-west-1', roleAndRules],
    ["Rota's account, elsewhere", rotaAccount, 'eu-west-1', rotaRegion, rulesAlone],
    ["Rota's account, elsewhere, where the role of others is", rotaAccount, 'eu-west-1', 'eu-west-1', rulesAlone],
    ["Rota's own place", rotaAccount, rotaRegion, rotaRegion, []],
  ])('in %s', (_, account, region, RoleRegion, expected) => {
    const there = Object.values(swept.Resources).filter((r) => holds(swept.Conditions[r.Condition], { 'AWS::AccountId': account, 'AWS::Region': region, RoleRegion }));
    expect([...new Set(there.map((r) => (r.Properties.RoleName as string | undefined) ?? r.Type))].sort()).toEqual(expected);
  });

  test("forwards to Rota's bus what Rota looks at, and no more, by a role that may nothing else", () => {
    const patterns = (rules: Resource[]) => rules.map((r) => r.Properties.EventPattern);
    const judged = ofType('AWS::Events::Rule').map(([, r]) => r).filter((r) => JSON.stringify(r.Properties.Targets).includes('JudgeEvent') && JSON.stringify(r.Properties.EventPattern).includes('aws.kms'));
    expect(judged).toHaveLength(3);
    const rules = sweptOf(swept, 'AWS::Events::Rule');
    expect(patterns(rules)).toEqual(patterns(judged));
    const bus = `arn:aws:events:${rotaRegion}:${rotaAccount}:event-bus/default`;
    for (const { Properties } of rules) expect(Properties.Targets).toEqual([{ Id: 'Target0', Arn: bus, RoleArn: expect.stringMatching(/^\$\{SweptForwardRole\w+\.Arn\}$/) as string }]);
    expect(sweptOf(swept, 'AWS::IAM::Policy').map((p) => (p.Properties.PolicyDocument as { Statement: object[] }).Statement)).toEqual([[{ Effect: 'Allow', Action: 'events:PutEvents', Resource: bus }]]);
  });

  // AWS CloudFormation User Guide, "Understand CloudFormation quotas": 51,200 bytes of template in a request; more needs a bucket.
  test('its template goes to a StackSet as it is: nothing of code, of assets or of a bootstrap', () => {
    expect(Object.keys(swept)).toEqual(['Description', 'Parameters', 'Conditions', 'Resources']);
    expect(swept.Parameters).toMatchObject({ RoleRegion: { Default: rotaRegion } });
    expect([...new Set(Object.values(swept.Resources).map((r) => r.Type))].sort()).toEqual(rulesAlone);
    expect(JSON.stringify(swept, null, 1).length).toBeLessThan(51_200);
  });

  test('its roles have a permissions boundary where that account demands one', () => {
    const boundaries = (of: SweptTemplate) => sweptOf(of, 'AWS::IAM::Role').map((r) => r.Properties.PermissionsBoundary);
    expect(boundaries(swept)).toEqual([undefined, undefined]);
    expect(boundaries(sweptBy({ sweptPermissionsBoundary: 'bank-boundary' }))).toEqual(['arn:aws:iam::ACCOUNT:policy/bank-boundary', 'arn:aws:iam::ACCOUNT:policy/bank-boundary']);
  });

  test('is the same in a stack of their own', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Bank');
    new SweptAccount(stack, 'Swept', { rota: { account: rotaAccount, region: rotaRegion }, people: [], mayEnable: false, roleRegion: 'eu-west-1' });
    const theirs = Template.fromStack(stack).toJSON() as SweptTemplate;
    expect(theirs.Resources).toEqual(swept.Resources);
    const withRole = Object.values(theirs.Resources).find((r) => r.Properties.RoleName !== undefined)?.Condition ?? '';
    expect(['eu-west-1', rotaRegion].map((region) => holds(theirs.Conditions[withRole], { 'AWS::AccountId': member, 'AWS::Region': region }))).toEqual([true, false]);
  });

  test('there is none unless it is asked for', () => expect(makeCdkApp({}, folder()).node.tryFindChild('RotaSwept')).toBeUndefined());
});

describe("whose events Rota's bus takes", () => {
  const bus = 'arn:aws:events:REGION:ACCOUNT:event-bus/default';
  const ofKms = { 'ForAllValues:StringEquals': { 'events:source': ['aws.kms'] }, Null: { 'events:source': 'false' } };
  const policiesWith = (context: Readonly<Record<string, string>>) => Object.values(Template.fromStack(stackOf('Rota', context)).findResources('AWS::Events::EventBusPolicy')).map((p) => inWords(p.Properties));

  test("nobody's, unless somebody is named", () => expect(ofType('AWS::Events::EventBusPolicy')).toEqual([]));

  test('those of KMS, of accounts by their ids', () => {
    const Principal = { AWS: [`arn:aws:iam::${member}:root`, 'arn:aws:iam::333344445555:root'] };
    expect(policiesWith({ sweptAccounts: `${member}, 333344445555` })).toEqual([
      { EventBusName: 'default', StatementId: 'RotaSweptAccounts', Statement: { Effect: 'Allow', Principal, Action: 'events:PutEvents', Resource: bus, Condition: ofKms } },
    ]);
  });

  test('those of KMS, of an organisation', () => {
    expect(policiesWith({ sweptOrganizationId: 'o-abcd123456' })).toEqual([
      { EventBusName: 'default', StatementId: 'RotaSweptOrganization', Statement: { Effect: 'Allow', Principal: '*', Action: 'events:PutEvents', Resource: bus, Condition: { ...ofKms, StringEquals: { 'aws:PrincipalOrgID': 'o-abcd123456' } } } },
    ]);
  });

  /** Whether a pattern of exact values matches an event; Rota's have no others. EventBridge User Guide, "Creating Amazon EventBridge event patterns". */
  const matches = (pattern: object, event: object): boolean =>
    Object.entries(pattern as Record<string, unknown>).every(([field, wanted]) => {
      const value = (event as Record<string, unknown>)[field];
      return Array.isArray(wanted) ? wanted.includes(value) : typeof value === 'object' && value !== null && matches(wanted as object, value);
    });
  /** The functions and webhooks that an event reaches. */
  const reached = (event: object): string[] =>
    ofType('AWS::Events::Rule')
      .filter(([, r]) => r.Properties.EventPattern !== undefined && matches(r.Properties.EventPattern as object, event))
      .flatMap(([, r]) => (r.Properties.Targets as { Arn: string }[]).map(({ Arn }) => /(JudgeEvent|PassOn|ApiDestination)/.exec(Arn)?.[0] ?? Arn))
      .sort();

  test.each([
    [{ account: 'ACCOUNT', source: 'rota', 'detail-type': 'Rota Rotation Ended' }, ['JudgeEvent', 'PassOn']],
    [{ account: member, source: 'rota', 'detail-type': 'Rota Rotation Ended' }, []],
    [{ account: 'ACCOUNT', source: 'rota', 'detail-type': 'Rota Approval Requested' }, ['PassOn']],
    [{ account: member, source: 'rota', 'detail-type': 'Rota Approval Requested' }, []],
    [{ account: 'ACCOUNT', source: 'rota.notices', 'detail-type': 'Rota Notice' }, ['ApiDestination']],
    [{ account: member, source: 'rota.notices', 'detail-type': 'Rota Notice' }, []],
    [{ account: member, source: 'aws.kms', 'detail-type': 'KMS CMK Deletion' }, ['JudgeEvent']],
    [{ account: member, source: 'bank', 'detail-type': 'KMS CMK Deletion' }, []],
    [{ account: member, source: 'aws.kms', 'detail-type': 'AWS API Call via CloudTrail', detail: { eventSource: 'kms.amazonaws.com', eventName: watchedCalls[0] } }, ['JudgeEvent']],
    [{ account: member, source: 'bank', 'detail-type': 'AWS API Call via CloudTrail', detail: { eventSource: 'kms.amazonaws.com', eventName: watchedCalls[0] } }, []],
  ])('%j reaches %j', (event, functions) => expect(reached(event)).toEqual(functions));

  test('these rules are all that there is of patterns', () => {
    const sources = ofType('AWS::Events::Rule').flatMap(([, r]) => (r.Properties.EventPattern === undefined ? [] : [(r.Properties.EventPattern as { source: string[] }).source.join()]));
    expect([...new Set(sources)].sort()).toEqual(['aws.kms', 'rota', 'rota.notices']);
    expect(made.messages).toEqual([]);
  });
});
