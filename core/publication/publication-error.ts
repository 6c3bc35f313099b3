export type PublicationErrorName =
  | 'KeyNotPublishable'
  | 'PublicKeyUnreadable'
  | 'PublicKeyMisfit'
  | 'AlgorithmMisfit'
  | 'KeySetInvalid'
  | 'StatementTooLong'
  | 'StatementRefused'
  | 'StatementNotVerifiableHere'
  | 'CertificateOrderInvalid'
  | 'CertificateSignatureWrong';

/** What publishing refuses, or what a consumer refuses of what was published. The message is one whole sentence. */
export class PublicationError extends Error {
  override readonly name: PublicationErrorName;

  constructor(name: PublicationErrorName, sentence: string) {
    super(sentence);
    this.name = name;
  }
}
