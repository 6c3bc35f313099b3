import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import { SweptTarget } from '../../tasks/sweep/targets.ts';
import { keySweep } from '../../workflows/key-sweep.ts';

/** Step Functions Developer Guide, "Quotas": what a state may hand on, in bytes. */
const mostBytes = 262_144;

/** What the Catch of `Sweep target` makes of a failure. */
async function caught(errorOutput: { readonly Error: string; readonly Cause?: string }, input: object): Promise<SweptTarget> {
  const { States } = keySweep({ partition: 'aws', functionOf: (task) => task });
  const map = States['Sweep targets'];
  const state = map?.Type === 'Map' ? map.ItemProcessor.States['Sweep target'] : undefined;
  const output = state?.Type === 'Task' ? String(state.Catch?.[0]?.Output) : '';
  return SweptTarget.parse(await jsonata(output.replace(/^\{%|%\}$/g, '')).evaluate({}, { states: { input, errorOutput } }));
}

const input = { sweepId: 'daily-2026-11-27', region: 'eu-central-1', roleArn: 'arn:aws:iam::111122223333:role/rota-sweep' };
const sentence = 'User: arn:aws:sts::444455556666:assumed-role/Rota-TasksSweepTargetRole is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/rota-sweep';
const ofLambda = (message: string): string => JSON.stringify({ errorType: 'AwsRefused', errorMessage: message, trace: Array.from({ length: 40 }, (_, i) => `    at step${i} (file:///var/task/index.mjs:${i})`) });

describe('an account that cannot be swept', () => {
  test('is told in the sentence of its error, without the trace', async () => {
    expect(await caught({ Error: 'AwsRefused', Cause: ofLambda(sentence) }, input)).toEqual({ region: input.region, roleArn: input.roleArn, error: `AwsRefused: ${sentence}` });
  });

  test.each([
    ['the sentence first', JSON.stringify({ errorMessage: sentence, errorType: 'AwsRefused', trace: ['at step'] }), `States.Timeout: ${sentence}`],
    ['no trace', JSON.stringify({ errorType: 'AwsRefused', errorMessage: sentence }), `States.Timeout: ${sentence}`],
    ['plain words of Step Functions', 'The state timed out.', 'States.Timeout: The state timed out.'],
    ['no cause', undefined, 'States.Timeout'],
  ])('%s', async (_, Cause, error) => {
    expect((await caught({ Error: 'States.Timeout', ...(Cause === undefined ? {} : { Cause }) }, input)).error).toBe(error);
  });

  test('keeps the result of none of the others back: 500 of them fit into what a state hands on', async () => {
    const swept = Array.from({ length: 500 }, async () => caught({ Error: 'AwsRefused', Cause: ofLambda(sentence.repeat(20)) }, input));
    expect(Buffer.byteLength(JSON.stringify({ sweepId: input.sweepId, targets: await Promise.all(swept) }))).toBeLessThan(mostBytes);
  });
});
