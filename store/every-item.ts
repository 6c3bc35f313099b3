/** Every item of the pages that a paginator of lib-dynamodb answers: a page ends after 1 MB, whatever was asked for. */
export async function everyItem(pages: AsyncIterable<{ readonly Items?: Record<string, unknown>[] | undefined }>): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const { Items = [] } of pages) found.push(...Items);
  return found;
}
