/**
 * AWS's names for what may pass by itself. A task passes these on under their own name and the workflow's Retry matches
 * them: one list, so that none is retried that never arrives.
 */
export const transientAwsErrors = [
  'ThrottlingException',
  'KMSInternalException',
  'DependencyTimeoutException',
  'KeyUnavailableException',
  'ProvisionedThroughputExceededException',
  'InternalServerError',
  'InternalFailure',
  'SlowDown',
  'ConditionalRequestConflict',
] as const;

/** A fresh key may not be seen everywhere yet. AWS KMS Developer Guide, "Eventual consistency" (accessing-kms). */
export const notVisibleYetErrors = ['NotFoundException', 'KMSInvalidStateException'] as const;
