/** One DER element: `content` is a view into the bytes that were read, so no copy of a key is left behind. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export const tags = { integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, attributes: 0xa0 } as const;

/**
 * Splits bytes into the DER elements that they consist of, without descending; undefined if they are not DER to the last
 * byte. Definite minimal lengths and one-byte tags only, which is all that key files use. ITU-T X.690 sections 8.1, 10.1.
 */
export function elements(bytes: Buffer): Element[] | undefined {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = readHeader(bytes, at);
    if (header === undefined || header.end > bytes.length) return undefined;
    found.push({ tag: header.tag, content: bytes.subarray(header.start, header.end) });
    at = header.end;
  }
  return found;
}

/** The elements inside a SEQUENCE that fills `bytes`, else undefined. */
export function sequence(bytes: Buffer): Element[] | undefined {
  const [outer, ...others] = elements(bytes) ?? [];
  return outer?.tag === tags.sequence && others.length === 0 ? elements(outer.content) : undefined;
}

function readHeader(bytes: Buffer, at: number): { tag: number; start: number; end: number } | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const lengthBytes = first & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 3 || at + 2 + lengthBytes > bytes.length) return undefined;
  const length = bytes.readUIntBE(at + 2, lengthBytes);
  const minimal = length >= 0x80 && length >= 2 ** (8 * (lengthBytes - 1));
  return minimal ? { tag, start: at + 2 + lengthBytes, end: at + 2 + lengthBytes + length } : undefined;
}

/** The content of an OBJECT IDENTIFIER in dots. ITU-T X.690 section 8.19. */
export function dotted(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [head = 0, ...tail] = arcs;
  const root = Math.min(Math.floor(head / 40), 2);
  return [root, head - 40 * root, ...tail].join('.');
}
