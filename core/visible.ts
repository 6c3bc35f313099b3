/** Characters that a reader does not see, and that change what is seen: control characters, and those by which text runs the other way. Unicode Standard Annex 9, section 2. */
const unseen = /[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029]/gu;

const escaped = (character: string): string => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/**
 * Text as it may stand before a person who decides by it: what nobody would see is written as JSON writes it. JSON stays the same document. Lines and tabs
 * stay, so a value that must be one line is made so before.
 */
export const visible = (text: string): string => text.replace(unseen, escaped);

/** Whether all of a text can be seen, in one line. */
export const isVisible = (text: string): boolean => visible(text) === text && !/[\n\t]/.test(text);

/** The same of every text in a value. */
export function allVisible<T>(value: T): T {
  if (typeof value === 'string') return visible(value) as T;
  if (Array.isArray(value)) return value.map(allVisible) as T;
  return typeof value === 'object' && value !== null ? (Object.fromEntries(Object.entries(value).map(([key, inner]) => [visible(key), allVisible(inner)])) as T) : value;
}
