import type { Command } from 'commander';
import type { RotationPlan } from '../../core/plan/plan.ts';
import type { Held } from '../../core/freeze/held-until.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { planText } from '../plan-text.ts';
import { apiJson } from '../signed-request.ts';

export const plan = (io: Io): Command =>
  command('plan', 'Show what a rotation would do, and what it may break; creates nothing', ['rota plan alias/payments', 'rota plan alias/payments --json'])
    .argument('<alias>', 'the alias of a registered key')
    .option('--emergency', 'as `rota rotate --emergency` would do it')
    .action(async (alias: string, options: { json?: boolean; emergency?: boolean }) => {
      const answer = await apiJson<{ plan: RotationPlan; planDigest: string; held?: Held }>(io, { method: 'POST', path: '/api/plans', body: { alias, emergency: options.emergency === true } });
      show(io, options, answer, () => `${planText(answer.plan, answer.planDigest)}${heldText(answer.held)}`);
    });

/** No part of the plan: the calendar is looked at anew when the cutover is approved. */
const heldText = (held: Held | undefined): string => (held === undefined ? '' : `Freeze        a cutover now would wait until ${held.until}: ${held.because}\n`);
