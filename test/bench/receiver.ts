/** Receives the callbacks of all jobs. It verifies nothing, so that it takes little of the machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'

export interface Receiver {
  url: string
  /** When the callback of each job came, by the job's id. */
  receivedAt: ReadonlyMap<string, number>
  /** Rejects if a job has no callback within the time. */
  untilReceived(ids: readonly string[], timeoutMs: number): Promise<void>
  /** Called for the first callback of each job. */
  onReceived: (id: string) => void
  close(): void
}

const eventSchema = z.object({ type: z.literal('job.succeeded'), data: z.object({ id: z.string() }) })
const checkEveryMs = 5

export async function startReceiver(): Promise<Receiver> {
  const receivedAt = new Map<string, number>()
  const refused: string[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const at = performance.now()
    response.end('ok')
    const event = eventSchema.safeParse(JSON.parse(body))
    if (!event.success) refused.push(body.slice(0, 500))
    else if (!receivedAt.has(event.data.data.id)) {
      receivedAt.set(event.data.data.id, at)
      receiver.onReceived(event.data.data.id)
    }
  }
  const server = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/callback`,
    receivedAt,
    async untilReceived(ids, timeoutMs) {
      const missing = new Set(ids)
      for (const deadline = performance.now() + timeoutMs; missing.size > 0; await wait(checkEveryMs)) {
        for (const id of missing) {
          if (!receivedAt.has(id)) break
          missing.delete(id)
        }
        const [unexpected] = refused
        if (unexpected !== undefined) throw new Error(`an unexpected callback: ${unexpected}`)
        if (performance.now() > deadline)
          throw new Error(`${missing.size} of ${ids.length} jobs were not delivered`)
      }
    },
    onReceived: () => undefined,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return receiver
}
