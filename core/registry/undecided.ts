/** What `rota registry init` writes where only people can decide. No field takes it, so that nothing is applied that nobody has thought about. */
export const undecided = 'TODO';

/** Whether nobody has decided yet what stands here; where any text would do, `init` leaves it empty. */
export const isUndecided = (value: unknown): boolean => value === undecided || value === '';

/** The fault of a field that nobody has decided on, and what the field takes: `is still to be decided: give a whole number`. */
export const undecidedSentence = (message: string): string => `is still to be decided: ${message.replace(`is "${undecided}": `, '')}`;
