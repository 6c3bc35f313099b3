/** Does something with each item, so many at once: the next ones when all of these are done and there are not enough. Answers the results in the order of the items. */
export async function atOnce<T, R>(many: number, items: readonly T[], act: (item: T) => Promise<R>, isEnough = () => false): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length && !isEnough(); from += many) results.push(...(await Promise.all(items.slice(from, from + many).map(act))));
  return results;
}
