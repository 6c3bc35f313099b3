/** What a definition needs filled in: the partition, and the function name or ARN of each task. */
export interface Resources {
  readonly partition: string;
  readonly functionOf: (task: string) => string;
}
