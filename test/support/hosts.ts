/** A caller's host of a test's own: nobody is there until somebody answers. */
import type { Received } from './caller.ts'
import { countRows, select } from './storage.ts'
import { world } from './world.ts'

type Answer = (request: Request) => Response | Promise<Response>

export interface Host {
  name: string
  url: string
  /** How often it was called, and with what. */
  called: { calls: number; received: Received[] }
  answer: (how: Answer) => void
  /** What is kept of it while it is in trouble. */
  row: () => Promise<HostRow | undefined>
}

interface HostRow {
  failures: number
  outages: number
  due_at: number | null
  probe: string | null
}

export const ok = () => new Response('taken')
export const down = () => new Response('no', { status: 500 })

let hosts = 0

export function aHost(): Host {
  const name = `host-${++hosts}.test`
  const called = { calls: 0, received: [] as Received[] }
  return {
    ...{ name, called, url: `https://${name}/hook` },
    answer: (how) =>
      world.settle(`https://${name}`, async (request) => {
        called.calls += 1
        const body = await request.clone().text()
        const headers = Object.fromEntries(request.headers)
        called.received.push({ url: request.url, headers, body, at: world.edges.now() })
        return how(request)
      }),
    row: async () => {
      const [row] = await select<HostRow>('SELECT * FROM hosts WHERE host = ?', name)
      return row
    },
  }
}

/** How many of these deliveries are so. */
export function countDeliveries(ids: string[], where: string): Promise<number> {
  return countRows('deliveries', `id IN (SELECT value FROM json_each(?)) AND ${where}`, JSON.stringify(ids))
}
