import { sha256Hex } from '../canonical-json.ts';

/**
 * Replaces every task token in an execution history event by its SHA-256: a token is a bearer capability, and Step
 * Functions shows it in `TaskScheduled.parameters` (AWS Step Functions Developer Guide, "connect-to-resource").
 */
export function withoutTaskTokens(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTaskTokens);
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      /^tasktoken$/i.test(key) && typeof inner === 'string' ? `sha256:${sha256Hex(Buffer.from(inner))}` : withoutTaskTokens(inner),
    ]),
  );
}

/** Text that is itself JSON (parameters, input, output) is looked into; other text stays. */
function redactText(text: string): string {
  if (!/tasktoken/i.test(text)) return text;
  try {
    return JSON.stringify(withoutTaskTokens(JSON.parse(text)));
  } catch {
    return text.replace(/(tasktoken"?\s*[:=]\s*"?)[^"\s,}]+/gi, '$1redacted');
  }
}
