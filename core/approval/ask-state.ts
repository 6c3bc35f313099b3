import type { Stage } from '../registry/registry-schema.ts';

/** The state of a workflow that asks for the approval of a stage; the approvals API knows by it whether a machine still asks. */
export const askState = (stage: Stage): string => `Await ${stage} approval`;
