/** Standard Webhooks headers for one attempt: the id stays the same, the timestamp is the attempt's. */
import { Webhook } from 'standardwebhooks'

export function signedHeaders(
  secret: string,
  eventId: string,
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = new Date(nowMs)
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(nowMs / 1_000)),
    'webhook-signature': new Webhook(secret).sign(eventId, timestamp, body),
  }
}
