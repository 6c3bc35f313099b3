import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

/** A whole list of the API, page by page. What is added meanwhile moves the pages, and must not stand there twice. */
export async function everyPage<T>(io: Io, path: string, idOf: (one: T) => string): Promise<T[]> {
  const all = new Map<string, T>();
  for (let from = 0; ; ) {
    const page = await apiJson<T[]>(io, { method: 'GET', path: `${path}?from=${from}` });
    for (const one of page) all.set(idOf(one), one);
    if (page.length === 0) return [...all.values()];
    from += page.length;
  }
}
