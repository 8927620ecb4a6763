/** The application of a developer: it verifies each webhook with the published `standardwebhooks`. */
import { Webhook } from 'standardwebhooks'
import { listen } from '../../support/listen.ts'

interface Received {
  id: string
  type: string
  jobId: string
  body: string
  path: string
}

interface Answer {
  status: number
  body: string
}

/** `answer` gets the number of the webhook, counted from 0. The application throws if the signature is wrong. */
export async function startApplication(
  answer: (n: number) => Answer = () => ({ status: 200, body: 'thanks' }),
) {
  const received: Received[] = []
  let secret = ''
  const server = await listen(async (request) => {
    const body = await request.text()
    try {
      new Webhook(secret).verify(body, Object.fromEntries(request.headers))
    } catch (error) {
      return new Response(String(error), { status: 401 })
    }
    const { type, data } = JSON.parse(body)
    const id = request.headers.get('webhook-id') ?? ''
    const n = received.push({ id, type, jobId: data.id, body, path: new URL(request.url).pathname }) - 1
    const { status, body: text } = answer(n)
    return new Response(text, { status, headers: { 'x-answered-by': 'the application' } })
  })
  return {
    ...server,
    received,
    /** The secret that `listen` prints. */
    trust: (printed: unknown) => {
      secret = String(printed)
    },
  }
}
