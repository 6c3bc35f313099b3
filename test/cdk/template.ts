/**
 * The synthesised template, made once for all tests of this folder, with references put into words: `${Ref}`, `${Thing.Arn}`, `aws` for the
 * partition. So a policy reads as it would on AWS.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCdkApp } from '../../cdk/app.ts';
import { buildLambdas } from '../../scripts/build-lambdas.mjs';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

interface Synthesised {
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly messages: readonly string[];
  readonly terminationProtection: boolean | undefined;
  /** Of the file as it is deployed. */
  readonly bytes: number;
}

const pseudo: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::Region': 'REGION', 'AWS::AccountId': 'ACCOUNT' };

async function synthesise(context: Readonly<Record<string, string>>): Promise<Synthesised> {
  await buildLambdas();
  const folder = mkdtempSync(join(tmpdir(), 'rota-cdk-'));
  const assembly = makeCdkApp(context, folder).synth();
  const stack = assembly.getStackByName('Rota');
  const text = readFileSync(stack.templateFullPath, 'utf8');
  const template = inWords(JSON.parse(text)) as { Resources: Record<string, Resource>; Outputs: Record<string, unknown> };
  rmSync(folder, { recursive: true });
  return {
    resources: template.Resources,
    outputs: template.Outputs,
    bytes: Buffer.byteLength(text),
    terminationProtection: stack.terminationProtection,
    messages: assembly.stacks.flatMap((s) => s.messages).map((m) => `${m.level} ${m.id} ${JSON.stringify(m.entry.data)}`),
  };
}

/** A template, or a part of one, with its references put into words. */
export function inWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inWords);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join_ } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  if (ref !== undefined) return pseudo[ref] ?? `\${${ref}}`;
  if (attribute !== undefined) return `\${${attribute.join('.')}}`;
  // The one thing that is selected: of the stack's id what makes it unique.
  if ('Fn::Select' in value) return 'STACK';
  if (join_ !== undefined) return join_[1].map(inWords).join(join_[0]);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inWords(v)]));
}

export const made = await synthesise({
  platformArns: 'arn:aws:iam::111122223333:user/pat',
  mailTo: 'approvers@bank.example, keys@bank.example',
  webhookUrl: 'https://hooks.bank.example/rota',
  webhookSecret: 'rota/webhook',
  configRules: 'rota-and-managed',
});

export const listOf = (value: string | readonly string[] | undefined): readonly string[] => (value === undefined ? [] : typeof value === 'string' ? [value] : value);

export const ofType = (type: string): [string, Resource][] => Object.entries(made.resources).filter(([, r]) => r.Type === type);

/** The statements of the one policy of a role, by the role's logical id. */
export function statementsOfRole(role: string): Statement[] {
  const policies = ofType('AWS::IAM::Policy').filter(([, p]) => (p.Properties.Roles as string[]).includes(`\${${role}}`));
  return policies.flatMap(([, p]) => (p.Properties.PolicyDocument as { Statement: Statement[] }).Statement);
}

/** The role of the function that has this environment variable, as its logical id. */
export function roleOfFunction(variable: string, value?: string): string {
  const found = ofType('AWS::Lambda::Function').find(([, f]) => {
    const given = (f.Properties.Environment as { Variables: Record<string, string> } | undefined)?.Variables[variable];
    return given !== undefined && (value === undefined || given === value);
  });
  return /^\$\{(\w+)\.Arn\}$/.exec(String(found?.[1].Properties.Role))?.[1] ?? 'none';
}
