import { AwsError } from '../wire/errors.ts';

/** SFN:GetExecutionHistoryInput nextToken: a token is good for 24 hours. */
const tokenLifeMs = 86_400_000;

const defaultPage = 100;

interface Mark {
  /** What the list is of; a token is refused for another one. */
  readonly of: string;
  readonly after: number;
  readonly untilMs: number;
}

/** One page of a list, and the token of the next. 0 or no `maxResults` means 100. Throws InvalidToken. */
export function page<T>(items: readonly T[], of: string, { maxResults, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined }, nowMs: number): { items: T[]; nextToken: string | undefined } {
  const from = nextToken === undefined ? 0 : readToken(nextToken, of, nowMs);
  const to = from + (maxResults === undefined || maxResults === 0 ? defaultPage : maxResults);
  const mark: Mark = { of, after: to, untilMs: nowMs + tokenLifeMs };
  return { items: items.slice(from, to), nextToken: to < items.length ? Buffer.from(JSON.stringify(mark)).toString('base64') : undefined };
}

function readToken(token: string, of: string, nowMs: number): number {
  let mark: Partial<Mark> = {};
  try {
    mark = JSON.parse(Buffer.from(token, 'base64').toString()) as Partial<Mark>;
  } catch {
    // Falls through to the refusal.
  }
  if (mark.of !== of || typeof mark.after !== 'number' || (mark.untilMs ?? 0) < nowMs) throw new AwsError('InvalidToken', `Invalid Token: 'Invalid token'`);
  return mark.after;
}
