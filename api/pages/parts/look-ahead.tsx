/** The parts of a page that shows what an act would do, and lets a custodian start it. */
import type { Child } from 'hono/jsx';
import { isRotaError, type RotaError } from '../../../core/errors.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { mayAct } from '../../identity/person.ts';
import type { LoggedIn } from '../../identity/session.ts';
import { PlanView } from '../plan-view.tsx';
import { Empty } from './facts.tsx';

/** What somebody looked ahead at, or why it cannot be done now. */
export async function unlessRefused<T>(look: Promise<T>): Promise<T | { readonly refusal: RotaError }> {
  try {
    return await look;
  } catch (error) {
    if (!isRotaError(error)) throw error;
    return { refusal: error };
  }
}

/** Why something cannot be done now, and what to do about it. */
export const Refused = ({ title, refusal: { message, remedy } }: { readonly title: string; readonly refusal: RotaError }) => (
  <section>
    <p class="message message-bad">
      <strong>{title}</strong> {message}
    </p>
    <p>{remedy}</p>
  </section>
);

interface WhatWouldHappenProps {
  readonly plan: AnyPlan;
  /** What is planned: `rotation`. */
  readonly act: string;
  /** What must be read before the plan. */
  readonly children?: Child;
}

export const WhatWouldHappen = ({ plan, act, children }: WhatWouldHappenProps) => (
  <section aria-labelledby="plan">
    <h2 id="plan">What would happen</h2>
    {children}
    <PlanView plan={plan} />
    <p class="hint">Made from what AWS says now. A {act} makes its plan anew, under an id of its own, and approvers sign that one.</p>
  </section>
);

interface StartItProps {
  readonly reader: LoggedIn;
  /** The form that starts it; for custodians only. */
  readonly form: Child;
  /** What everybody else is told that custodians do. */
  readonly custodians: string;
  readonly children?: Child;
}

export const StartIt = ({ reader, form, custodians, children }: StartItProps) => (
  <section aria-labelledby="start">
    <h2 id="start">Start it</h2>
    {mayAct(reader.person, 'custodian') ? form : <Empty>Custodians {custodians}; you may look.</Empty>}
    {children}
  </section>
);
