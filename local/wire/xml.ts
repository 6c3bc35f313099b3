import { XMLParser } from 'fast-xml-parser';
import { AwsError } from './errors.ts';
import type { WireAnswer } from './http.ts';

/** An element's content: text, elements by name, or a list for an element that repeats. Undefined leaves the element out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

const escape = (text: string): string => text.replace(/[&<>"\r]/g, (c) => escapes[c] ?? c);

function element(name: string, content: Xml, attributes = ''): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return (content as readonly Xml[]).map((item) => element(name, item)).join('');
  return `<${name}${attributes}>${typeof content === 'object' ? inner(content as { readonly [name: string]: Xml }) : escape(String(content))}</${name}>`;
}

const inner = (content: { readonly [name: string]: Xml }): string =>
  Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join('');

export const xmlDocument = (root: string, content: Xml, attributes?: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content, attributes)}`;

const xmlHeaders = { 'content-type': 'application/xml' };

/** An answer of S3 with an XML body. */
export const xmlAnswer = (root: string, content: Xml, headers: Readonly<Record<string, string>> = {}): WireAnswer => ({
  status: 200,
  headers: { ...xmlHeaders, ...headers },
  body: xmlDocument(root, content, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'),
});

/** An error in S3's form ("Error responses" of the S3 API reference). */
export function xmlError({ code, message, httpStatus, fields }: AwsError, requestId: string): WireAnswer {
  const details = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
  return { status: httpStatus, headers: xmlHeaders, body: xmlDocument('Error', { Code: code, Message: message, ...details, RequestId: requestId }) };
}

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false, processEntities: true });

/** Reads a small XML request body and answers what stands in its root element. Throws MalformedXML. */
export function readXml(body: Buffer, root: string): Record<string, unknown> {
  const content = (parse(body, root) as Record<string, unknown> | undefined)?.[root];
  if (content === '') return {};
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  return content as Record<string, unknown>;
}

function parse(body: Buffer, root: string): unknown {
  const text = body.toString('utf8').trimEnd();
  // The parser closes by itself what a truncated body leaves open.
  if (!text.endsWith(`</${root}>`) && !text.endsWith('/>')) return undefined;
  try {
    return parser.parse(text);
  } catch {
    return undefined;
  }
}
