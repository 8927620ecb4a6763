/** The load generator: sends requests over a fixed number of connections, each as soon as the one before has its response. */
import { Agent, request } from 'node:http'

export interface AnyRequest {
  url: string
  headers?: Record<string, string>
  body: string
}

interface Answer {
  status: number
  body: string
  sentAt: number
  ms: number
}

interface Sent {
  answers: Answer[]
  elapsedMs: number
}

interface Plan {
  connections: number
  /** The n-th request; undefined: there is no more. */
  next: (n: number) => AnyRequest | undefined | Promise<AnyRequest | undefined>
}

export async function sendRequests({ connections, next }: Plan): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const answers: Answer[] = []
  const startedAt = performance.now()
  let n = 0
  const connection = async () => {
    for (let one = await next(n++); one !== undefined; one = await next(n++))
      answers.push(await send(agent, one))
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const elapsedMs = performance.now() - startedAt
  agent.destroy()
  return { answers, elapsedMs }
}

/** The same request until the time is over. */
export function repeatFor(
  durationMs: number,
  one: (n: number) => AnyRequest,
): (n: number) => AnyRequest | undefined {
  const endsAt = performance.now() + durationMs
  return (n) => (performance.now() < endsAt ? one(n) : undefined)
}

function send(agent: Agent, { url, headers, body }: AnyRequest): Promise<Answer> {
  const sentAt = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          text += chunk
        })
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: text, sentAt, ms: performance.now() - sentAt }),
        )
        incoming.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
