import type { Context } from 'hono';
import { z, type ZodType } from 'zod';
import { RotaError } from '../core/errors.ts';
import { isVisible } from '../core/visible.ts';

/** Why somebody does something: it stands in plans, approvals and dossiers, and before whoever decides by it; so in one line, in which nothing is hidden. */
export const Reason = z
  .string()
  .transform((text) => text.replace(/\s+/g, ' ').trim())
  .pipe(z.string().min(3, 'must say why, in a few words').max(500).refine(isVisible, 'has a character that nobody sees (a control character, or one that turns the direction of text)'));

export const Alias = z.string().regex(/^alias\/.+$/, 'must be an alias, such as alias/payments').max(256);

/** The JSON body of a request, checked. Throws `BadRequest` with the field path of each fault. */
export const readBody = async <T extends ZodType>(context: Context, schema: T): Promise<z.infer<T>> => checked(schema, asJson(await context.req.text()), 'body');

/** Throws `BadRequest`. */
export function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RotaError('BadRequest', { problems: [{ where: 'body', message: 'is no JSON' }] });
  }
}

/** The fields of a form, checked likewise. */
export const readForm = async <T extends ZodType>(context: Context, schema: T): Promise<z.infer<T>> => checked(schema, await context.req.parseBody(), 'form');

/** The query of a request, checked likewise. */
export const readQuery = <T extends ZodType>(context: Context, schema: T): z.infer<T> => checked(schema, context.req.query(), 'query');

/** The parts of a path that a route names, checked likewise. */
export const readPath = <T extends ZodType>(context: Context, schema: T): z.infer<T> => checked(schema, context.req.param(), 'path');

export function checked<T extends ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RotaError('BadRequest', { problems: parsed.error.issues.map((i) => ({ where: i.path.join('.') || what, message: i.message })) });
}
