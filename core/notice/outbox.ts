import { wordsOf, type Words } from './words.ts';

/** A fact as it was announced, in the shape of EventBridge. */
export interface AnnouncedFact {
  readonly source: string;
  readonly 'detail-type': string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly detail: unknown;
}

/** What somebody would have been mailed. */
export interface Mail extends Words {
  readonly at: string;
}

/** The mails that come of what was announced, oldest first; a fact that was announced twice is one mail. */
export function outboxOf(announced: readonly AnnouncedFact[], consoleUrl: string): Mail[] {
  const told = new Set<string>();
  return announced.flatMap((fact) => {
    const words = fact.source === 'rota' ? wordsOf({ type: fact['detail-type'], detail: fact.detail as Record<string, unknown> }, consoleUrl) : undefined;
    if (words === undefined || told.has(words.id)) return [];
    if (words.id !== '') told.add(words.id);
    return [{ ...words, at: fact.time }];
  });
}
