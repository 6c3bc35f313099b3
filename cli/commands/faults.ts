import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { command, group } from '../command.ts';
import { embeddedCall } from '../embedded-call.ts';
import { show, type Io } from '../io.ts';
import { table } from '../table.ts';

interface Fault {
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly skip: number;
  readonly count: number;
}

interface AddOptions {
  readonly json?: boolean;
  readonly kind: string;
  readonly count: number;
  readonly skip: number;
  readonly delayMs?: number;
}

export function faults(io: Io): Command {
  const add = command('add', 'Make calls of `rota local` fail on purpose', ['rota faults add kms CreateKey --kind drop-answer', 'rota faults add dynamodb "*" --kind throttle --count 5'])
    .argument('<service>', 'kms, sts, dynamodb, states, s3, events or lambda')
    .argument('<operation>', 'such as CreateKey, a task for lambda, or "*"')
    .requiredOption('--kind <kind>', 'drop-answer, throttle, server-error, delay, crash-before or crash-after')
    .option('--count <n>', 'how many calls', Number, 1)
    .option('--skip <n>', 'how many matching calls to let pass first', Number, 0)
    .option('--delay-ms <ms>', 'for delay: how long', Number)
    .action(async (service: string, operation: string, { kind, count, skip, delayMs, ...options }: AddOptions) => {
      const answer = await embeddedCall<object>(io, 'AddFault', { service, operation, kind, count, skip, ...(delayMs === undefined ? {} : { delayMs }) });
      show(io, options, answer, () => `${service} ${operation}: ${kind}, ${counted(count, 'time')}`);
    });
  const list = command('list', 'List the faults that are still to come', ['rota faults list']).action(async (options: { json?: boolean }) => {
    const answer = await embeddedCall<{ faults: Fault[] }>(io, 'ListFaults', {});
    show(io, options, answer, () => (answer.faults.length === 0 ? 'None.' : table(answer.faults.map((f) => [f.service, f.operation, f.kind, `skip ${f.skip}`, `count ${f.count}`]))));
  });
  const clear = command('clear', 'Forget all faults', ['rota faults clear']).action(async (options: { json?: boolean }) => {
    const answer = await embeddedCall<object>(io, 'ClearFaults', {});
    show(io, options, answer, () => 'No fault is to come.');
  });
  return group('faults', 'Faults on request in `rota local`, for rehearsals', ['rota faults add kms CreateKey --kind drop-answer']).addCommand(add).addCommand(list).addCommand(clear);
}
