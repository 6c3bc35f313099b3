import { checkExpressions, checkNumber, isRecord, refuse, refuseUnknown } from './check-fields.ts';
import { mostDataBytes } from './limits.ts';
import { sourceOf } from './jsonata.ts';

/** What a state was found to hold. */
export interface Found {
  /** Variables that it assigns, with where. */
  readonly assigns: readonly [string, string][];
  /** Scopes inside it, with where, and whether they run as express executions. */
  readonly scopes: readonly [scope: Record<string, unknown>, place: string, express?: boolean][];
}

/** Fields of a Map state that only a distributed one may have. */
export const distributed = ['Label', 'ItemBatcher', 'ToleratedFailureCount', 'ToleratedFailurePercentage'];

/** Checks what only a Map state has. SFN-DG state-map-distributed. */
export function checkMap(state: Record<string, unknown>, _target: unknown, place: string): Found {
  const { Items, ItemProcessor, ItemBatcher, Label } = state;
  if (Items !== undefined && typeof Items !== 'string' && !Array.isArray(Items)) throw refuse(`${place}/Items`, 'Items must be an array or a JSONata expression');
  checkExpressions(Items, `${place}/Items`);
  const where = `${place}/ItemProcessor`;
  const scope = innerScope(ItemProcessor, ['ProcessorConfig'], where);
  const { Mode, ExecutionType } = processorConfig(scope[0]['ProcessorConfig'], `${where}/ProcessorConfig`);
  if (Mode !== 'DISTRIBUTED') {
    const strange = distributed.find((field) => state[field] !== undefined);
    if (strange !== undefined) throw refuse(`${place}/${strange}`, `Field ${strange} belongs to a Map of Mode DISTRIBUTED`);
    return { assigns: [], scopes: [scope] };
  }
  if (Label !== undefined && (typeof Label !== 'string' || !/^[A-Za-z0-9_-]{1,40}$/.test(Label))) throw refuse(`${place}/Label`, 'Label must have 1 to 40 characters of A-Z, a-z, 0-9, - and _');
  checkNumber(state['ToleratedFailureCount'], 0, `${place}/ToleratedFailureCount`);
  checkPercentage(state['ToleratedFailurePercentage'], `${place}/ToleratedFailurePercentage`);
  checkBatcher(ItemBatcher, `${place}/ItemBatcher`);
  return { assigns: [], scopes: [[...scope, ExecutionType === 'EXPRESS']] };
}

function processorConfig(config: unknown, place: string): { Mode?: unknown; ExecutionType?: unknown } {
  if (config === undefined) return {};
  if (!isRecord(config)) throw refuse(place, 'Must be an object');
  refuseUnknown(config, ['Mode', 'ExecutionType'], place);
  const { Mode = 'INLINE', ExecutionType } = config;
  if (Mode !== 'INLINE' && Mode !== 'DISTRIBUTED') throw refuse(`${place}/Mode`, 'Mode must be INLINE or DISTRIBUTED');
  if (Mode === 'DISTRIBUTED' && ExecutionType !== 'STANDARD' && ExecutionType !== 'EXPRESS') throw refuse(`${place}/ExecutionType`, 'ExecutionType must be STANDARD or EXPRESS');
  if (Mode === 'INLINE' && ExecutionType !== undefined) throw refuse(`${place}/ExecutionType`, 'ExecutionType belongs to Mode DISTRIBUTED');
  return { Mode, ExecutionType };
}

function checkPercentage(value: unknown, place: string): void {
  if (typeof value === 'number' ? value < 0 || value > 100 : value !== undefined && (typeof value !== 'string' || sourceOf(value) === undefined)) throw refuse(place, 'Must be a number from 0 to 100, or a JSONata expression');
  checkExpressions(value, place);
}

function checkBatcher(value: unknown, place: string): void {
  if (value === undefined) return;
  if (!isRecord(value)) throw refuse(place, 'Must be an object');
  refuseUnknown(value, ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput'], place);
  if (value['MaxItemsPerBatch'] === undefined && value['MaxInputBytesPerBatch'] === undefined) throw refuse(place, 'ItemBatcher must have MaxItemsPerBatch, MaxInputBytesPerBatch or both');
  checkNumber(value['MaxItemsPerBatch'], 1, `${place}/MaxItemsPerBatch`);
  checkNumber(value['MaxInputBytesPerBatch'], 1, `${place}/MaxInputBytesPerBatch`, mostDataBytes);
  checkExpressions(value['BatchInput'], `${place}/BatchInput`);
}

/** A branch or an item processor, with where. */
export function innerScope(scope: unknown, alsoAllowed: readonly string[], place: string): [Record<string, unknown>, string] {
  if (!isRecord(scope)) throw refuse(place, 'Must be an object with StartAt and States');
  refuseUnknown(scope, ['StartAt', 'States', 'Comment', 'QueryLanguage', ...alsoAllowed], place);
  return [scope, place];
}
