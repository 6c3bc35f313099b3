import { z } from 'zod';
import { canonicalBytes, parseCanonical } from '../canonical-json.ts';
import { PublicationError } from './publication-error.ts';

export const statementType = 'application/vnd.rota.key-set-statement+json';

/** DSSE v1.0, envelope.md, with one signature a signer. Base64 as Node writes it: standard alphabet, padded. */
const Envelope = z.strictObject({
  payloadType: z.literal(statementType),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.base64() })).min(1),
});

export interface StatementSignature {
  readonly kid: string;
  readonly signature: Uint8Array;
}

/** The signed statement as it is published: canonical bytes, signatures in the order given. */
export const assembleStatement = (payload: Buffer, signatures: readonly StatementSignature[]): Buffer =>
  canonicalBytes({
    payloadType: statementType,
    payload: payload.toString('base64'),
    signatures: signatures.map((s) => ({ keyid: s.kid, sig: Buffer.from(s.signature).toString('base64') })),
  } satisfies z.input<typeof Envelope>);

/** Takes apart what `assembleStatement` made; any other spelling of the same content is refused (StatementRefused). */
export function readEnvelope(bytes: Buffer): { payload: Buffer; signatures: readonly StatementSignature[] } {
  const { data } = Envelope.safeParse(parseCanonical(bytes));
  if (data !== undefined) {
    const payload = Buffer.from(data.payload, 'base64');
    const signatures = data.signatures.map((s) => ({ kid: s.keyid, signature: Buffer.from(s.sig, 'base64') }));
    // Base64 has spellings that decode alike; the envelope has one.
    if (assembleStatement(payload, signatures).equals(bytes)) return { payload, signatures };
  }
  throw new PublicationError('StatementRefused', 'The key-set statement is not a DSSE envelope in canonical form: it was changed, or is something else.');
}
