/** The workflow no longer waits on this token: it ran out of time, or an earlier delivery of the same answer arrived. */
export const isClosed = (error: unknown): boolean => error instanceof Error && ['TaskTimedOut', 'TaskDoesNotExist'].includes(error.name);
