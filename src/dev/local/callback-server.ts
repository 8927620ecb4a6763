/** A callback server as a caller would run it: it verifies each delivery, and refuses what is forged or old. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'

export interface Received {
  /** Empty: the event is not about a job. */
  jobId: string
  type: string
  /** The `webhook-id` header. */
  eventId: string
  verified: boolean
  /** Why it is not verified. */
  fault: string | null
  /** The job in the event, as far as it is shown to people. */
  job: ReceivedJob | null
  at: number
}

export interface CallbackServer {
  url: string
  /** Responds 500 to the first valid attempt of each event. */
  unreliableUrl: string
  /** Accepts everything and records nothing. */
  silentUrl: string
  received: Received[]
  close(): Promise<void>
}

interface Options {
  /** Default: any free port. */
  port?: number
  /** Called once for each event, even if it is delivered again. */
  onReceived?: (received: Received) => void
}

export const callbackPath = '/reelhook'
export const unreliablePath = '/unreliable'
export const silentPath = '/silent'

/** `secret` may be a function, for a secret that is not known yet. */
export async function startCallbackServer(
  secret: string | (() => string),
  { port = 0, onReceived }: Options = {},
): Promise<CallbackServer> {
  const received: Received[] = []
  const refused = new Set<string>()
  const reported = new Set<string>()
  const currentSecret = () => (typeof secret === 'string' ? secret : secret())
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    if (request.url === silentPath) return void response.end('ok')
    const event = eventSchema.safeParse(parseJson(body))
    if (!event.success) return void response.writeHead(400).end('This is not an event of Reelhook.')
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const eventId = headers['webhook-id'] ?? ''
    const fault = verificationFault(currentSecret(), body, headers)
    if (fault === null && request.url === unreliablePath && !refused.has(eventId)) {
      refused.add(eventId)
      response.writeHead(500).end('This callback server failed. It accepts the next attempt.')
      return
    }
    const { type, data } = event.data
    const job = jobSchema.safeParse(data).data ?? null
    const jobId = job?.id ?? ''
    const delivery = { jobId, type, eventId, verified: fault === null, fault, job, at: Date.now() }
    received.push(delivery)
    if (fault === null) response.end('ok')
    else response.writeHead(401).end(fault)
    if (reported.has(eventId)) return
    reported.add(eventId)
    onReceived?.(delivery)
  }
  const server = createServer((request, response) => {
    // A connection that breaks while its body is read: the caller tries again.
    receive(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The callback server has no port.')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    url: `${origin}${callbackPath}`,
    unreliableUrl: `${origin}${unreliablePath}`,
    silentUrl: `${origin}${silentPath}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function verificationFault(secret: string, body: string, headers: Record<string, string>): string | null {
  try {
    new Webhook(secret).verify(body, headers)
    return null
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}

const jobSchema = z.object({
  id: z.string(),
  created_at: z.string().optional(),
  outputs: z.array(z.object({ n: z.number(), url: z.string().nullish() })).optional(),
  fault: z.object({ code: z.string(), message: z.string() }).nullish(),
})
const eventSchema = z.object({ type: z.string(), data: z.unknown() })

type ReceivedJob = z.infer<typeof jobSchema>
