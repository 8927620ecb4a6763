/** A caller's server. It records what it accepted, and verifies each signature with the published package. */
import { Webhook } from 'standardwebhooks'
import { listen } from '../support/listen.ts'

interface Accepted {
  jobId: string
  type: string
  webhookId: string
}

/** `/accepts`; `/refuses-twice` responds 500 to the first two attempts of each event. */
export async function openReceiver(secret: string) {
  const accepted: Accepted[] = []
  const forged: string[] = []
  const attempts = new Map<string, number>()
  const { url, close } = await listen(async (request) => {
    const body = await request.text()
    const webhookId = request.headers.get('webhook-id') ?? ''
    const attempt = (attempts.get(webhookId) ?? 0) + 1
    attempts.set(webhookId, attempt)
    if (request.url.endsWith('/refuses-twice') && attempt <= 2) return new Response(null, { status: 500 })
    if (!isSigned(secret, request, body)) forged.push(webhookId)
    const { type, data } = JSON.parse(body)
    accepted.push({ jobId: data.id, type, webhookId })
    return new Response('ok')
  })
  return { url, accepted, forged, attempts, close }
}

/** Compared with a signature for the attempt's timestamp, because the run's clock is ahead of the machine's. */
function isSigned(secret: string, { headers }: Request, body: string): boolean {
  const timestamp = new Date(Number(headers.get('webhook-timestamp')) * 1_000)
  const expected = new Webhook(secret).sign(headers.get('webhook-id') ?? '', timestamp, body)
  return (headers.get('webhook-signature') ?? '').split(' ').includes(expected)
}
