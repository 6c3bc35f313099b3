import type { Clock } from './clock.ts';
import { Journal } from './journal.ts';
import type { Caller, Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

type Tier = 'Standard' | 'Advanced';

interface Version {
  readonly version: number;
  readonly value: string;
  readonly tier: Tier;
  readonly description?: string;
  readonly modifiedMs: number;
  readonly modifiedBy: string;
}

/** One journal line, one effect; `place` is account, Region and name. */
type Change = { readonly put: string; readonly version: Version } | { readonly remove: string };

/** "Managing parameter tiers" of the Systems Manager User Guide. */
const largestValueBytes: Readonly<Record<Tier, number>> = { Standard: 4096, Advanced: 8192 };
const versionsKept = 100;
const deepestLevel = 15;
const largestPage = 50;

const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  PutParameter: ['Name', 'Value', 'Type', 'Description', 'Overwrite', 'Tier', 'DataType'],
  GetParameter: ['Name', 'WithDecryption'],
  GetParameterHistory: ['Name', 'WithDecryption', 'MaxResults', 'NextToken'],
  DeleteParameter: ['Name'],
};

/**
 * Opens Parameter Store, whose journal is `file`: String parameters with versions, as the Systems Manager API reference has
 * them. Other types, labels, policies, patterns and tags are refused.
 */
export async function openParameters({ file, clock }: { file: string; clock: Clock }): Promise<Service> {
  /** The versions of a parameter, oldest first. */
  const parameters = new Map<string, readonly Version[]>();
  const journal = await Journal.open<Change>(file, apply);

  function apply(change: Change): void {
    if ('remove' in change) parameters.delete(change.remove);
    else parameters.set(change.put, [...(parameters.get(change.put) ?? []), change.version].slice(-versionsKept));
  }

  function commit(change: Change): void {
    apply(change);
    // Whoever awaits `durable` gets the failure.
    journal.append(change).catch(() => undefined);
  }

  function versionsOf(place: string): readonly Version[] {
    const versions = parameters.get(place);
    if (versions === undefined) throw new AwsError('ParameterNotFound', 'The parameter was not found.');
    return versions;
  }

  function put(input: Record<string, unknown>, caller: Caller): Record<string, unknown> {
    const name = checkName(input.Name, caller);
    const place = placeOf(name, caller);
    const last = parameters.get(place)?.at(-1);
    if (last !== undefined && input.Overwrite !== true)
      throw new AwsError('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.');
    const content = readContent(input, last);
    const version = { version: (last?.version ?? 0) + 1, ...content, modifiedMs: clock.now(), modifiedBy: caller.arn };
    commit({ put: place, version });
    return { Version: version.version, Tier: version.tier };
  }

  function get({ Name }: Record<string, unknown>, caller: Caller): Record<string, unknown> {
    const [name = '', selector] = text(Name, 'Name').split(':');
    const versions = versionsOf(placeOf(name, caller));
    const found = selector === undefined ? versions.at(-1) : versions.find(({ version }) => String(version) === selector);
    if (found === undefined) throw new AwsError('ParameterVersionNotFound', `Systems Manager could not find version ${selector ?? ''} of ${name}. Verify the version and try again.`);
    return { Parameter: { ...common(name, found), ARN: arnOf(name, caller), ...(selector === undefined ? {} : { Selector: `:${selector}` }) } };
  }

  function history({ Name, MaxResults = largestPage, NextToken }: Record<string, unknown>, caller: Caller): Record<string, unknown> {
    const name = text(Name, 'Name');
    const versions = versionsOf(placeOf(name, caller));
    if (!Number.isInteger(MaxResults) || (MaxResults as number) < 1 || (MaxResults as number) > largestPage) throw invalid(`MaxResults must be between 1 and ${largestPage}.`);
    const after = NextToken === undefined ? 0 : Number(NextToken);
    if (!Number.isInteger(after) || after < 0) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
    const left = versions.filter(({ version }) => version > after);
    const page = left.slice(0, MaxResults as number);
    const last = page.at(-1);
    return {
      Parameters: page.map((version) => ({
        ...common(name, version),
        LastModifiedUser: version.modifiedBy,
        ...(version.description === undefined ? {} : { Description: version.description }),
        Tier: version.tier,
        Labels: [],
        Policies: [],
      })),
      ...(last !== undefined && left.length > page.length ? { NextToken: String(last.version) } : {}),
    };
  }

  function remove({ Name }: Record<string, unknown>, caller: Caller): Record<string, unknown> {
    const place = placeOf(text(Name, 'Name'), caller);
    versionsOf(place);
    commit({ remove: place });
    return {};
  }

  const operations: Readonly<Record<string, typeof put>> = { PutParameter: put, GetParameter: get, GetParameterHistory: history, DeleteParameter: remove };

  return {
    async handle(operation, input, caller) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError('UnknownOperationException', `The embedded Parameter Store knows ${Object.keys(operations).join(', ')}, not ${operation}.`);
      const unknown = Object.keys(input).find((field) => fieldsOf[operation]?.includes(field) !== true);
      if (unknown !== undefined) throw invalid(`The embedded Parameter Store does not do ${unknown} of ${operation}.`);
      try {
        return run(input, caller);
      } finally {
        await journal.durable;
      }
    },
    close: () => journal.close(),
  };
}

const placeOf = (name: string, { accountId, region }: Caller): string => `${accountId}/${region}/${name}`;

const arnOf = (name: string, { accountId, region }: Caller): string => `arn:aws:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, '')}`;

const common = (name: string, { version, value, modifiedMs }: Version): Record<string, unknown> => ({
  Name: name,
  Type: 'String',
  Value: value,
  Version: version,
  LastModifiedDate: modifiedMs / 1000,
  DataType: 'text',
});

function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${field} is required and must be a text.`);
}

/** PutParameter, "Naming constraints". */
function checkName(given: unknown, caller: Caller): string {
  const name = text(given, 'Name');
  if (!/^[a-zA-Z0-9_./-]+$/.test(name)) throw invalid('Parameter name: only a-zA-Z0-9_.- and the slash (/) are allowed.');
  if (/^\/?(aws|ssm)/i.test(name)) throw invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (name.includes('/') && !/^(\/[^/]+)+$/.test(name)) throw invalid('Parameter name must be a fully qualified name.');
  if (name.split('/').length - 1 > deepestLevel) throw new AwsError('HierarchyLevelLimitExceededException', `Hierarchy depth ${deepestLevel} at most.`);
  if (arnOf(name, caller).length > 1011) throw invalid('Parameter name: 1011 characters at most, its ARN included.');
  return name;
}

function readContent({ Value, Type, Description, Tier: given, DataType = 'text' }: Record<string, unknown>, last: Version | undefined): Pick<Version, 'value' | 'tier' | 'description'> {
  const value = text(Value, 'Value');
  if (Type === undefined && last === undefined) throw invalid('A parameter type is required when you create a parameter.');
  if (Type !== undefined && Type !== 'String') throw new AwsError('UnsupportedParameterType', `The embedded Parameter Store has String parameters only, not ${JSON.stringify(Type)}.`);
  if (DataType !== 'text') throw invalid('The embedded Parameter Store has the data type text only.');
  const tier = given ?? last?.tier ?? 'Standard';
  if (tier !== 'Standard' && tier !== 'Advanced') throw invalid(`The embedded Parameter Store has the tiers Standard and Advanced, not ${JSON.stringify(tier)}.`);
  if (tier === 'Standard' && last?.tier === 'Advanced') throw invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.");
  if (Buffer.byteLength(value) > largestValueBytes[tier]) throw invalid(`${tier} tier parameters support a maximum parameter value of ${largestValueBytes[tier]} characters.`);
  if (value.includes('{{')) throw invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  return { value, tier, ...(Description === undefined ? {} : { description: text(Description, 'Description') }) };
}
