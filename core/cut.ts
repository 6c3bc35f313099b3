/** A text no longer than `length` characters; one that was cut says so by its last. */
export const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
