/** Clients that wait for jobs in several databases. */
import { env } from 'cloudflare:workers'
import { beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { watchMemoryOf } from '../../../src/store/reports/watch-memory.ts'
import { apiRequest } from '../../support/api-call.ts'
import { emulateDatabase } from '../../support/platform/database.ts'
import { createShardedWorker, emptyShards, keysNamed, postWithKeys } from '../../support/shards.ts'
import { createWaitingWorker, type Frame, framesOf } from '../../support/waiting.ts'
import { world } from '../../support/world.ts'

beforeAll(emptyShards)

beforeEach(() => {
  vi.spyOn(Date, 'now').mockImplementation(world.edges.now)
})

const stay = { prompt: 'A paper boat sim(seconds=3600)', callback_url: undefined, callback_secret: undefined }

const idOf = ({ data }: Frame): string => JSON.parse(data).data.id

function setUp() {
  const sharded = createShardedWorker(2)
  const other = emulateDatabase(env.SHARD_1, { now: world.edges.now })
  const waiting = createWaitingWorker({ DB_1: other.binding } as Partial<Env>)
  const cancel = async (id: string) => {
    const response = await sharded.fetch(apiRequest('POST', `/v1/jobs/${id}/cancel`))
    expect(response.status).toBe(200)
  }
  return { sharded, other, waiting, cancel }
}

it('waits for jobs in all of them', async () => {
  const { sharded, waiting, cancel } = setUp()
  const ids = await postWithKeys(sharded, keysNamed('waited for', 6), stay)
  const responses = ids.map((id) => waiting.request(`/v1/jobs/${id}?wait=30`))
  await waiting.pass(2_000)
  for (const id of ids) await cancel(id)
  const jobs = await waiting.passUntil(
    Promise.all(responses.map(async (one) => (await one).json<{ status: string }>())),
  )
  expect(jobs.map(({ status }) => status)).toEqual(ids.map(() => 'canceled'))
})

it('sees the end of a job in one database while another fails', async () => {
  const { sharded, other, waiting, cancel } = setUp()
  const ids = await postWithKeys(sharded, keysNamed('half', 6), stay)
  const inFirst = ids.find((id) => id.endsWith('00')) ?? ''
  const inOther = ids.find((id) => id.endsWith('01')) ?? ''
  const responses = [inFirst, inOther].map((id) => waiting.request(`/v1/jobs/${id}?wait=30`))
  await waiting.pass(2_000)
  other.overload(world.edges.now() + 20_000)
  await cancel(inFirst)
  const startedAt = world.edges.now()
  const [first] = responses
  expect(await (await waiting.passUntil(first ?? Promise.reject())).json()).toMatchObject({
    status: 'canceled',
  })
  expect(world.edges.now() - startedAt).toBeLessThan(15_000)
  await waiting.passUntil(Promise.all(responses))
})

it('streams the events of all of them', async () => {
  const { sharded, waiting, cancel } = setUp()
  const stream = await waiting.follow('/v1/events')
  await stream.until('heartbeat')
  const ids = await postWithKeys(sharded, keysNamed('followed', 6), stay)
  for (const id of ids) await cancel(id)
  const seen = framesOf(await stream.until(': heartbeat')).map(({ data }) => JSON.parse(data).data.id)
  expect(seen.sort()).toEqual([...ids].sort())

  const last = `${world.edges.now() - 60_000}`
  const resumed = await createWaitingWorker({ DB_1: env.SHARD_1 } as Partial<Env>).follow('/v1/events', {
    'last-event-id': last,
  })
  const again = framesOf(await resumed.until('id: ')).map(({ data }) => JSON.parse(data).data.id)
  expect(again).toEqual(expect.arrayContaining(ids))
})

it('has the events of a database that failed, after a stream that had those of the other', async () => {
  const { sharded, other, waiting, cancel } = setUp()
  const ids = await postWithKeys(sharded, keysNamed('failing', 6), stay)
  const inFirst = ids.find((id) => id.endsWith('00')) ?? ''
  const inOther = ids.find((id) => id.endsWith('01')) ?? ''
  const stream = await waiting.follow('/v1/events')
  await stream.until('heartbeat')
  other.overload(world.edges.now() + 3_600_000)
  await cancel(inOther)
  // For more than the two minutes that a stream repeats.
  for (let n = 0; n < 16; n++) await stream.until('heartbeat')
  await cancel(inFirst)
  const last = framesOf(await stream.until('job.canceled')).at(-1)
  expect(last && idOf(last)).toBe(inFirst)
  await stream.cancel()

  const elsewhere = createWaitingWorker({ DB_1: env.SHARD_1 } as Partial<Env>)
  const resumed = await elsewhere.follow('/v1/events', { 'last-event-id': last?.id ?? '' })
  const frames = framesOf(await resumed.until(inOther))
  expect(frames.map(idOf)).toContain(inOther)
  expect(frames.map(idOf)).not.toContain(inFirst)
})

it('keeps what a client has found that leaves before its look ends', async () => {
  const sharded = createShardedWorker(2)
  const control = emulateDatabase(env.DB, { now: world.edges.now })
  const stalling = emulateDatabase(env.SHARD_1, { now: world.edges.now })
  // One isolate: the binding is the same.
  const leaving = createWaitingWorker({ DB_1: stalling.binding } as Partial<Env>, control)
  const staying = createWaitingWorker({ DB_1: env.SHARD_1 } as Partial<Env>, control)
  const ids = await postWithKeys(sharded, keysNamed('left', 6), stay)
  const inFirst = ids.find((id) => id.endsWith('00')) ?? ''
  const streams = [await leaving.follow('/v1/events'), await staying.follow('/v1/events')] as const
  for (const stream of streams) await stream.until('heartbeat')
  const { feed } = watchMemoryOf(control.binding)
  const lookedAt = () => feed.shards.get(0)?.lookedAt ?? 0

  await sharded.fetch(apiRequest('POST', `/v1/jobs/${inFirst}/cancel`))
  const before = lookedAt()
  stalling.stall(new Promise(() => undefined))
  streams[0].until('never').catch(() => undefined)
  await vi.waitUntil(() => stalling.stalled() > 0 && lookedAt() > before, 60_000)
  expect(framesOf(await streams[1].until('heartbeat')).map(idOf)).toEqual([inFirst])
})
