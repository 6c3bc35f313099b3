import { Command, CommanderError } from 'commander';
import { ack, ackLink } from './commands/ack.ts';
import { approvals, approve, reject } from './commands/approvals.ts';
import { clock } from './commands/clock.ts';
import { completion } from './commands/completion.ts';
import { demo } from './commands/demo.ts';
import { dossier } from './commands/dossier.ts';
import { enableRotationCommand } from './commands/enable-rotation.ts';
import { faults } from './commands/faults.ts';
import { inventory } from './commands/inventory.ts';
import { kpi } from './commands/kpi.ts';
import { local } from './commands/local.ts';
import { outbox } from './commands/outbox.ts';
import { passkey } from './commands/passkey.ts';
import { plan } from './commands/plan.ts';
import { registry } from './commands/registry.ts';
import { resume } from './commands/resume.ts';
import { reenable, retire, retirement } from './commands/retire.ts';
import { rollover } from './commands/rollover.ts';
import { rollback, rotate } from './commands/rotate.ts';
import { findings, sweep } from './commands/sweep.ts';
import { history, status, watch } from './commands/status.ts';
import { waive } from './commands/waive.ts';
import { SaidAlready, showFailure } from './failure.ts';
import type { Io } from './io.ts';

export type ExitCode = 0 | 1 | 2;

const commands = [plan, rotate, rollback, status, watch, rollover, ack, ackLink, waive, resume, retire, reenable, retirement, approvals, approve, reject, outbox, history, dossier, registry, passkey, inventory, enableRotationCommand, sweep, findings, kpi, local, clock, faults, demo, completion];

/** Makes usage errors throw, in every subcommand, and sends all output where the caller wants it. */
function wire(command: Command, io: Io): Command {
  command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  for (const sub of command.commands) wire(sub, io);
  return command;
}

/** Runs one command line. Exit codes: 0 done, 1 refused or failed, 2 usage. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const program = new Command('rota').description('Rotates the AWS KMS keys that AWS cannot rotate by itself').version('0.1.0');
  for (const make of commands) program.addCommand(make(io));
  wire(program, io);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof SaidAlready) return 1;
    return showFailure(io, args.includes('--json'), error);
  }
}
