import { AsnConvert } from '@peculiar/asn1-schema';
import fc from 'fast-check';
import forge from 'node-forge';
import { expect, test } from 'vitest';
import { distinguishedName } from '../../../core/publication/distinguished-name.ts';

/** Type and value of each attribute in the order of the certificate, read by node-forge; `!` and a word of the refusal. */
function read(subject: string): string[] {
  const der = Buffer.from(AsnConvert.serialize(distinguishedName(subject))).toString('binary');
  const name = forge.asn1.fromDer(der);
  return (name.value as forge.asn1.Asn1[]).map((rdn) => {
    const [pair] = rdn.value as forge.asn1.Asn1[];
    const [type, value] = (pair?.value ?? []) as forge.asn1.Asn1[];
    const oid = forge.asn1.derToOid(type?.value as string);
    return `${oid} ${String(value?.type)} ${Buffer.from(value?.value as string, 'binary').toString('utf8')}`;
  });
}

const cn = (value: string) => [`2.5.4.3 12 ${value}`]; // 12: UTF8String

/** Examples of RFC 4514 section 4, and what stands close to them. */
const cases: readonly (readonly [subject: string, outcome: string[] | RegExp])[] = [
  ['CN=tokens', cn('tokens')],
  ['cn = tokens ', cn('tokens')],
  ['CN=tokens, O=Example, C=AT', ['2.5.4.6 19 AT', '2.5.4.10 12 Example', '2.5.4.3 12 tokens']],
  ['UID=jsmith,DC=example,DC=net', ['0.9.2342.19200300.100.1.25 22 net', '0.9.2342.19200300.100.1.25 22 example', '0.9.2342.19200300.100.1.1 12 jsmith']],
  ['CN=James \\"Jim\\" Smith\\, III', cn('James "Jim" Smith, III')],
  ['CN=Before\\0AAfter', /control character/],
  ['CN=Lu\\C4\\8Di\\C4\\87', cn('Lučić')],
  ['CN=Lu\\C4', /not UTF-8/],
  ['CN=Büro', cn('Büro')],
  ['CN=\\ tokens\\ ', cn(' tokens ')],
  ['CN=a=b', cn('a=b')],
  ['CN=\\#1', cn('#1')],
  ['CN=#04024869', /begins with "#"/],
  ['CN=a+O=b', /"\+" needs "\\"/],
  ['CN=a\\+O=b', cn('a+O=b')],
  ['CN="a, b"', /needs "\\"/],
  ['CN=a;O=b', /";" needs "\\"/],
  ['CN=a<b', /needs "\\"/],
  ['CN=a\\', /needs "\\"/],
  ['CN=a\\z', /needs "\\"/],
  ['CN=a\u0000b', /control character/],
  ['CN=', /1 to 64 characters, not 0/],
  ['CN=  ', /1 to 64 characters, not 0/],
  [`CN=${'ü'.repeat(64)}`, cn('ü'.repeat(64))],
  [`CN=${'x'.repeat(65)}`, /1 to 64 characters, not 65/],
  ['CN=a,', /must begin with one of/],
  [',CN=a', /must begin with one of/],
  ['CN=a,,O=b', /must begin with one of/],
  ['tokens', /must begin with one of/],
  ['2.5.4.3=tokens', /must begin with one of/],
  ['E=ann@example.net', /must begin with one of/],
  ['constructor=a', /must begin with one of/],
  ['CN=a, CN=b', /CN stands in it twice/],
  ['OU=a, OU=b', ['2.5.4.11 12 b', '2.5.4.11 12 a']],
  ['C=at', /two capital letters/],
  ['C=AUT', /1 to 2 characters/],
  ['DC=exämple', /letters, digits/],
];

test.each(cases)('%j', (subject, outcome) => {
  if (Array.isArray(outcome)) expect(read(subject)).toEqual(outcome);
  else expect(() => read(subject)).toThrow(outcome);
});

test('whatever is escaped comes back', () => {
  const printable = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((s) => !/\p{Cc}/u.test(s) && Array.from(s).length <= 64);
  const spellings = [
    (s: string) => s.replace(/[ "#+,;<=>\\]/g, '\\$&'),
    (s: string) => Buffer.from(s).toString('hex').replace(/../g, '\\$&'),
  ];
  for (const spelling of spellings) {
    fc.assert(
      fc.property(printable, (value) => {
        expect(read(`CN=${spelling(value)}`)).toEqual(cn(value));
      }),
    );
  }
});
