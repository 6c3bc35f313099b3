/** Writes dist/lambda/<bundle>/index.mjs of tasks, API and notices. */
export declare function buildLambdas(): Promise<void>;
