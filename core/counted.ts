/** How many there are of something, in words: `1 key`, `3 keys`; `many` where an "s" does not make it (`1 entry`, `2 entries`). */
export const counted = (count: number | bigint, one: string, many = `${one}s`): string => `${count} ${Number(count) === 1 ? one : many}`;
