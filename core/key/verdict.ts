/** What a rule answers, always with its reason: yes, no, or the question does not arise. A reason is a sentence's second half. */
export type Verdict = { readonly verdict: 'yes'; readonly condition?: string } | Refusal;
export type Refusal = No | NotApplicable;

interface No {
  readonly verdict: 'no';
  readonly reason: string;
}

interface NotApplicable {
  readonly verdict: 'not-applicable';
  readonly reason: string;
}

export const yes: Verdict = { verdict: 'yes' };
export const yesIf = (condition: string): Verdict => ({ verdict: 'yes', condition });
export const no = (reason: string): No => ({ verdict: 'no', reason });
export const notApplicable = (reason: string): NotApplicable => ({ verdict: 'not-applicable', reason });
