/** The caller's own server: takes deliveries, keeps what it was sent, and answers as it is told to. */
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
  /** What came for a job, oldest first. */
  receivedFor: (jobId: string) => Received[]
  /**
   * What is answered next, one after the other; then 200 again. Made at the moment of answering, because the runtime
   * ties a body to the invocation that made it. One that throws is a broken network.
   */
  answerNext: (...answers: (() => Response)[]) => void
}

export function createCaller(now: () => number): Caller {
  const received: Received[] = []
  const answers: (() => Response)[] = []
  return {
    async receive(request) {
      const body = await request.text()
      received.push({ url: request.url, headers: Object.fromEntries(request.headers), body, at: now() })
      const answer = answers.shift()
      return answer === undefined ? new Response('thank you') : answer()
    },
    // A retry names the old job too, in another field.
    receivedFor: (jobId) => received.filter(({ body }) => body.includes(`"id":"${jobId}"`)),
    answerNext: (...next) => answers.push(...next),
  }
}

/**
 * Verified as a caller would, with the published package. Its clock is the machine's own and ours is turned by
 * hand, so the signatures are compared with the one that the package makes for the attempt's timestamp.
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
