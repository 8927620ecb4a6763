/** Sends a message to ALERT_URL. Its URL holds a secret, so neither it nor its path is in any error. */
import type { Context } from '../context.ts'
import { connectionFailureOf } from '../core/http/cloudflare-status.ts'
import { attemptPost } from '../deliveries/attempt.ts'
import { signatureHeaders, signersFor } from '../deliveries/sign.ts'
import { withoutPaths } from '../log.ts'
import type { Message } from './message.ts'
import { alertSecrets } from './secret.ts'
import { bodyOf, shapeOf } from './shapes/shape.ts'

export interface Sent {
  isAccepted: boolean
  status: number | null
  /** Null: it was accepted. */
  error: string | null
  /** The first kilobyte. */
  responseBody: string | null
  /** The receiver asks for a pause. */
  retryAfterMs: number | null
}

export async function sendMessage(context: Context, url: string, message: Message): Promise<Sent> {
  const { config, now } = context
  const shape = shapeOf(url)
  const body = bodyOf(shape, message)
  const signers = await signersFor(config.signingSecret, await alertSecrets(config.signingSecret))
  // Slack and Discord verify nothing: their URL is the secret.
  const headers = shape === 'webhook' ? await signatureHeaders(signers, message.id, body, now()) : {}
  const startedAt = now()
  const attempted = await attemptPost(context, { url, body, signatureHeaders: headers })
  const sent = attempted === 'no_connection' ? unsent : resultOf(attempted, url)
  context.log('alert.sent', {
    message_id: message.id,
    type: message.type,
    shape,
    alerts: message.items.length,
    is_accepted: sent.isAccepted,
    status: sent.status,
    error: sent.error,
    duration_ms: now() - startedAt,
  })
  return sent
}

const unsent: Sent = {
  isAccepted: false,
  status: null,
  error: 'no connection was free in time',
  responseBody: null,
  retryAfterMs: null,
}

function resultOf(
  attempted: Exclude<Awaited<ReturnType<typeof attemptPost>>, 'no_connection'>,
  url: string,
): Sent {
  const { verdict, status, error, responseBody, retryAfterMs } = attempted
  const isAccepted = verdict === 'delivered'
  const failure =
    status === null ? error : (connectionFailureOf(status)?.reason ?? `the receiver answered ${status}`)
  return {
    isAccepted,
    status,
    error: isAccepted ? null : withoutSecret(failure ?? 'it was not accepted', url),
    // Slack and Discord explain a refusal in it.
    responseBody: responseBody === null ? null : withoutSecret(responseBody, url),
    retryAfterMs: retryAfterMs ?? null,
  }
}

function withoutSecret(text: string, url: string): string {
  const { pathname, search } = new URL(url)
  const parts = [url, search.slice(1), pathname].filter((part) => part.length > 1)
  return withoutPaths(parts.reduce((rest, part) => rest.replaceAll(part, '…'), text))
}
