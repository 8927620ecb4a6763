/** What waiting clients cost at D1, per minute and isolate. The figures are in src/README.md. */
import { env } from 'cloudflare:workers'
import { beforeEach, expect, it, vi } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { insertQueued } from '../../support/queued-jobs.ts'
import { createWaitingWorker } from '../../support/waiting.ts'
import { world } from '../../support/world.ts'

beforeEach(() => {
  vi.spyOn(Date, 'now').mockImplementation(world.edges.now)
})

function setUp() {
  const meter = createMeteredWorker()
  const waiting = createWaitingWorker({ DB: meter.bindings.DB ?? env.DB })
  return { meter, waiting }
}

it('one client that waits for a minute makes up to 29 queries of 3 rows, besides those of its response', async () => {
  const { meter, waiting } = setUp()
  const [id] = await insertQueued(1)
  await waiting.passUntil(waiting.request(`/v1/jobs/${id}`))
  const one = meter.bill()
  await waiting.passUntil(waiting.request(`/v1/jobs/${id}?wait=60`))
  const cost = meter.bill()
  const shown = one.roundTrips
  expect(cost.roundTrips - one.roundTrips - shown).toBeLessThanOrEqual(29)
  expect(cost.rowsRead - one.rowsRead).toBeLessThanOrEqual(100)
  expect(cost.rowsWritten).toBe(0)
})

it('hundreds of clients that wait for as many jobs share these queries', async () => {
  const { meter, waiting } = setUp()
  const ids = await insertQueued(200)
  const keys = await Promise.all(Array.from({ length: 3 }, (_, n) => createApiKey(`waits ${n}`)))
  const client = new AbortController()
  const responses = ids.map((id, n) => {
    const key = keys[n % keys.length]
    if (key === undefined) throw new Error('there are three keys')
    return waiting.request(`/v1/jobs/${id}?wait=60`, { headers: bearerHeader(key), signal: client.signal })
  })
  await waiting.pass(30_000)
  const before = meter.bill()
  // From here on they look every five seconds.
  await waiting.pass(25_000)
  const after = meter.bill()
  client.abort()
  await waiting.passUntil(Promise.all(responses))
  expect(after.roundTrips - before.roundTrips).toBeLessThanOrEqual(6)
  expect((after.rowsRead - before.rowsRead) / (after.roundTrips - before.roundTrips)).toBeLessThanOrEqual(620)
})

it('streams of all events make two queries every two seconds, however many there are', async () => {
  const { meter, waiting } = setUp()
  const streams = []
  for (let n = 0; n < 10; n++) streams.push(await waiting.follow('/v1/events'))
  for (const stream of streams) await stream.until('heartbeat')
  const before = meter.bill()
  const startedAt = world.edges.now()
  await Promise.all(streams.map((stream) => stream.until('heartbeat')))
  const after = meter.bill()
  const seconds = (world.edges.now() - startedAt) / 1_000
  expect(after.roundTrips - before.roundTrips).toBeLessThanOrEqual(2 * (seconds / 2 + 1))
  expect(after.rowsWritten).toBe(0)
})
