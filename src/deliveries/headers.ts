/** The headers that sign one attempt: those of Standard Webhooks, and beside them those of its format. No I/O. No clock. */
import type { EventFormat } from '../core/event.ts'
import { hmac, type Signers, signatureHeaders } from './sign.ts'

export interface SignedEvent {
  eventId: string
  body: string
  format: EventFormat
  /** The receiver stores it to process each event once. Only some formats have a header for it. */
  idempotencyKey: string
}

export async function headersOf(
  signers: Signers,
  { eventId, body, format, idempotencyKey }: SignedEvent,
  nowMs: number,
): Promise<Record<string, string>> {
  const standard = await signatureHeaders(signers, eventId, body, nowMs)
  if (format !== 'openrouter') return standard
  return {
    ...standard,
    'x-openrouter-signature': await openrouterSignature(signers, body, nowMs),
    'x-openrouter-idempotency-key': idempotencyKey,
  }
}

/** As in OpenRouter's documentation, whose verifier compares the first `v1`: that is the newest secret. */
async function openrouterSignature({ secrets }: Signers, body: string, nowMs: number): Promise<string> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const signatures = secrets.map(async (secret) => {
    const bytes = await hmac(openrouterSecretBytes(secret), `${timestamp},${body}`)
    return `v1=${bytes.toHex()}`
  })
  return [`t=${timestamp}`, ...(await Promise.all(signatures))].join()
}

/** OpenRouter's verifiers use the text of a secret as it is shown, `whsec_` included, and decode nothing. */
function openrouterSecretBytes(secret: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(secret))
}
