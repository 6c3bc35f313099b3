import { createHash, randomUUID } from 'node:crypto';
import { AwsError } from '../wire/errors.ts';
import type { Caller } from '../service.ts';

const partitionOf = (region: string): string => (region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws');

const prefix = ({ region, accountId }: Caller): string => `arn:${partitionOf(region)}:states:${region}:${accountId}`;

export const machineArn = (caller: Caller, name: string): string => `${prefix(caller)}:stateMachine:${name}`;

/** A name that is the same whenever it is made from the same text: a random-looking UUID. */
export const uuidOf = (text: string): string => createHash('sha256').update(text).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

export const mapRunArn = (machine: string, label: string): string => `${machine.replace(':stateMachine:', ':mapRun:').split('/')[0] ?? ''}/${label}:${randomUUID()}`;

/** A child execution of a Map Run; `machine` ends with the label. Express ones have another kind of ARN. */
export const childArn = (machine: string, name: string, express: boolean): string =>
  express ? `${machine.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}` : executionArn(machine, name);

export const executionArn = (machine: string, name: string): string => `${machine.replace(':stateMachine:', ':execution:')}:${name}`;

/** Whether an ARN is of the caller's own account and Region. */
export const isOwn = (caller: Caller, arn: string): boolean => arn.startsWith(`${prefix(caller)}:`);

/** What a name must not contain: SFN:StartExecutionInput name. */
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/u;

/** Refuses a name of a machine or an execution as AWS does. */
export function checkName(name: string): void {
  if (forbidden.test(name) || name.length > 80 || name.length === 0) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

/** Refuses what is no ARN of Step Functions, or not of these types. */
export function checkArn(arn: string, ...types: readonly ('stateMachine' | 'execution' | 'express' | 'mapRun')[]): void {
  if (!arn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  const [, type] = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:([a-zA-Z]+):\S+$/.exec(arn) ?? [];
  if (!types.some((each) => each === type)) throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
}
