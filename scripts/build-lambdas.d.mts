/** Writes dist/lambda/tasks/index.mjs and dist/lambda/api/index.mjs. */
export declare function buildLambdas(): Promise<void>;
