/** The caller's server: it records deliveries and responds as the test says. */
import { Webhook } from 'standardwebhooks'

export const callbackSecret = `whsec_${btoa('a caller keeps thirty-two bytes.')}`

export interface Received {
  url: string
  headers: Record<string, string>
  body: string
  at: number
}

export interface Caller {
  receive: (request: Request) => Promise<Response>
  /** The deliveries received for a job, oldest first. */
  receivedFor: (jobId: string) => Received[]
  /**
   * The next responses, in order; then 200 again. Each is created when it is sent, because the runtime ties a body to the
   * invocation that created it. A function that throws is a network error.
   */
  respondNext: (...responses: (() => Response)[]) => void
}

export function createCaller(now: () => number): Caller {
  const received: Received[] = []
  const responses: (() => Response)[] = []
  return {
    async receive(request) {
      const body = await request.text()
      received.push({ url: request.url, headers: Object.fromEntries(request.headers), body, at: now() })
      const respond = responses.shift()
      return respond === undefined ? new Response('thank you') : respond()
    },
    // The event of a retry also contains the old job's id, in another field.
    receivedFor: (jobId) => received.filter(({ body }) => body.includes(`"id":"${jobId}"`)),
    respondNext: (...next) => responses.push(...next),
  }
}

/**
 * Verifies with the published package, as a caller would. The package uses the machine's clock and the tests a manual one,
 * so the signatures are compared with the package's signature for the attempt's timestamp.
 */
export function isSignedWith(secret: string, received: Received): boolean {
  const { headers, body } = received
  const timestamp = new Date(Number(headers['webhook-timestamp']) * 1_000)
  return signaturesOf(received).includes(
    new Webhook(secret).sign(headers['webhook-id'] ?? '', timestamp, body),
  )
}

export function signaturesOf({ headers }: Received): string[] {
  return (headers['webhook-signature'] ?? '').split(' ')
}
