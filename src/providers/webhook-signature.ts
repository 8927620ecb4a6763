/** How a provider's webhooks are verified. It happens after the acknowledgement, which must not wait for it. No I/O. */

export interface WebhookSignature {
  /** The names of the headers that `verify` needs, in lower case. */
  headers: readonly string[]
  /** Never throws. It may call the provider for its public keys. */
  verify(webhook: SignedWebhook): Promise<SignatureVerdict>
}

export interface SignedWebhook {
  /** Those of `headers` that came with it. */
  headers: Readonly<Record<string, string>>
  /** SHA-256 of the body as it came, in lower-case hex. */
  bodyHash: string
  /** In milliseconds since 1970. It may be verified much later. */
  receivedAt: number
}

/** `undecided`: the public keys could not be read, so it is verified again later. */
export type SignatureVerdict = 'valid' | 'invalid' | 'undecided'
