/**
 * The signatures of webhooks, of the providers that sign them. At receipt only the parts are kept, beside the body: a
 * verification may need the provider's public keys, and nothing may delay the acknowledgement.
 */
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import type { ProviderName } from '../core/request/choices.ts'
import type { SignatureVerdict, SignedWebhook } from '../providers/webhook-signature.ts'
import type { ReceivedWebhook } from '../store/jobs/webhooks.ts'

/** As it was received. */
export interface PostedWebhook extends ReceivedWebhook {
  /** Absent: its provider signs none. */
  signature?: Pick<SignedWebhook, 'headers' | 'bodyHash'> | undefined
}

/** `raw`: the bytes as they came, which are what is signed. Undefined: the provider signs none. */
export async function signatureOf(
  { providers }: Pick<Context, 'providers'>,
  provider: ProviderName,
  { headers }: Request,
  raw: BufferSource,
): Promise<PostedWebhook['signature']> {
  const signed = providers[provider]?.webhookSignature
  if (signed === undefined) return undefined
  const sent = signed.headers.flatMap((name) => {
    const value = headers.get(name)
    return value === null || value.length > maxHeaderLength ? [] : [[name, value] as const]
  })
  return { headers: Object.fromEntries(sent), bodyHash: await sha256(raw) }
}

/** Above that of every signature. A longer value is left out, so it does not verify. */
const maxHeaderLength = 512

/** `unsigned`: its provider signs none, or has no account any more. */
export async function verdictOn(
  { providers, log }: Pick<Context, 'providers' | 'log'>,
  { jobId, provider, receivedAt, signature }: PostedWebhook,
): Promise<SignatureVerdict | 'unsigned'> {
  const signed = providers[provider]?.webhookSignature
  if (signed === undefined) return 'unsigned'
  const { headers, bodyHash } = signature ?? { headers: {}, bodyHash: '' }
  const verdict = await signed.verify({ headers, bodyHash, receivedAt })
  if (verdict !== 'valid') log(`webhook.signature_${verdict}`, { job_id: jobId, provider })
  return verdict
}

/** As it is journaled. */
export function withoutSignature({ signature: _, ...webhook }: PostedWebhook): ReceivedWebhook {
  return webhook
}
