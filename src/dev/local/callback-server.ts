/** A callback server as a caller would run it: it receives deliveries and verifies each signature. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'

export interface Received {
  jobId: string
  type: string
  /** The `webhook-id` header. */
  eventId: string
  verified: boolean
}

export interface CallbackServer {
  url: string
  /** Responds 500 to the first attempt of each event. */
  unreliableUrl: string
  received: Received[]
  close(): Promise<void>
}

const unreliablePath = '/unreliable'
const eventSchema = z.object({ type: z.string(), data: z.object({ id: z.string() }) })

export async function startCallbackServer(secret: string): Promise<CallbackServer> {
  const received: Received[] = []
  const refused = new Set<string>()
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const event = eventSchema.parse(JSON.parse(body))
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const eventId = headers['webhook-id'] ?? ''
    if (request.url === unreliablePath && !refused.has(eventId)) {
      refused.add(eventId)
      response.writeHead(500).end('This callback server failed. It accepts the next attempt.')
      return
    }
    received.push({
      jobId: event.data.id,
      type: event.type,
      eventId,
      verified: verifies(secret, body, headers),
    })
    response.end('ok')
  }
  const server = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The callback server has no port.')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    url: `${origin}/reelhook`,
    unreliableUrl: `${origin}${unreliablePath}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function verifies(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers)
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}
