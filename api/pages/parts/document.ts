import { html } from 'hono/html';
import type { JSX } from 'hono/jsx/jsx-runtime';

/** A page as a whole document. */
export const document = (page: JSX.Element) => html`<!doctype html>${page}`;
