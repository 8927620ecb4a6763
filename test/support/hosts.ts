/** Hosts of callers, one for each test. A host does not respond until the test says how. */
import { expect, vi } from 'vitest'
import { failuresToOpenCircuit } from '../../src/core/schedule/deliveries.ts'
import type { Received } from './caller.ts'
import { insertDeliveries, processDeliveries } from './deliveries.ts'
import { countRows, select } from './storage.ts'
import { world } from './world.ts'

type Answer = (request: Request) => Response | Promise<Response>

export interface Host {
  name: string
  url: string
  /** How often it was called, and the requests. */
  called: { calls: number; received: Received[] }
  answer: (how: Answer) => void
  /** Its row for the admin key, while it fails. */
  row: () => Promise<HostRow | undefined>
}

interface HostRow {
  failures: number
  consecutive_outages: number
  due_at: number | null
  trial: string | null
}

export const ok = () => new Response('taken')
export const down = () => new Response('no', { status: 500 })

let hosts = 0

export function aHost(): Host {
  const name = `host-${++hosts}.test`
  const called = { calls: 0, received: [] as Received[] }
  return {
    name,
    called,
    url: `https://${name}/hook`,
    answer: (how) =>
      world.serve(`https://${name}`, async (request) => {
        called.calls += 1
        const body = await request.clone().text()
        const headers = Object.fromEntries(request.headers)
        called.received.push({ url: request.url, headers, body, at: world.edges.now() })
        return how(request)
      }),
    row: async () => {
      const [row] = await select<HostRow>("SELECT * FROM hosts WHERE host = ? AND owner_id = 'admin'", name)
      return row
    },
  }
}

/** How many of these deliveries meet the condition. */
export function countDeliveries(ids: string[], where: string): Promise<number> {
  return countRows('deliveries', `id IN (SELECT value FROM json_each(?)) AND ${where}`, JSON.stringify(ids))
}

export const delivered = "status = 'delivered'"
export const untried =
  "status = 'pending' AND attempts = 0 AND reason = 'waiting_for_host' AND due_at IS NULL"

export async function untilDelivered(ids: string[]): Promise<void> {
  await vi.waitUntil(async () => (await countDeliveries(ids, delivered)) === ids.length, { timeout: 60_000 })
}

export async function attemptsAt({ name }: Host): Promise<number> {
  const [row] = await select<{ count: number | null }>(
    'SELECT sum(attempts) AS count FROM deliveries WHERE host = ?',
    name,
  )
  return row?.count ?? 0
}

/** Opens the circuit of the host by failed deliveries, and deletes those. */
export async function openCircuit(host: Host): Promise<void> {
  host.answer(down)
  await processDeliveries(await insertDeliveries(failuresToOpenCircuit, host.url))
  expect(await host.row()).toMatchObject({ consecutive_outages: failuresToOpenCircuit })
  await select('DELETE FROM deliveries')
  host.called.calls = 0
}
