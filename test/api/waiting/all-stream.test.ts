/** The events of all jobs as server-sent events. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultEventTypes } from '../../../src/core/event.ts'
import { newId } from '../../../src/core/id.ts'
import { maxStreamsPerKey, maxUnsettledWatched } from '../../../src/core/schedule/watch.ts'
import { bearerHeader, createApiKey, postJobWith } from '../../support/api-keys.ts'
import { canceled } from '../../support/job-calls.ts'
import { insertQueued } from '../../support/queued-jobs.ts'
import { api, postJob, untilNotified, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { createWaitingWorker, type Frame, framesOf, type WaitingWorker } from '../../support/waiting.ts'
import { callerUrl, world } from '../../support/world.ts'

let worker: WaitingWorker

beforeEach(async () => {
  worker = createWaitingWorker()
  // Ids have the time of the machine, and a stream compares them with the clock.
  vi.spyOn(Date, 'now').mockImplementation(world.edges.now)
  // The events of earlier tests are older than what a stream repeats.
  await world.advance(10 * 60_000)
})

const types = 'job.generating,output.stored,job.succeeded,job.failed,job.canceled'
const jobOf = ({ data }: Frame): string => JSON.parse(data).data.id
const eventIdOf = ({ id }: Frame): string => id.split('.')[0] ?? ''

describe('the stream of all jobs', () => {
  it('has the ids and the bytes of the webhooks', async () => {
    const stream = await worker.follow(`/v1/events?types=${types}`)
    await stream.until('heartbeat')
    const { id } = await postJob({ callback_events: types.split(',') })
    await untilSubmitted(id)
    await world.advance(10_000)
    await untilStatus(id, 'succeeded')
    const sent = await untilNotified(id, 3)
    const frames = framesOf(await stream.until('job.succeeded'))
    expect(frames.map(({ event }) => event)).toEqual(['job.generating', 'output.stored', 'job.succeeded'])
    expect(new Map(frames.map((frame) => [eventIdOf(frame), frame.data]))).toEqual(
      new Map(sent.map(({ headers, body }) => [headers['webhook-id'], body])),
    )
  })

  it("has the events in Reelhook's format, whatever the format of their receivers", async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    const { id } = await makeVideo({ callback_format: 'openai' })
    const [sent] = await untilNotified(id)
    const [frame] = framesOf(await stream.until('job.succeeded'))
    expect(JSON.parse(sent?.body ?? '')).toMatchObject({ object: 'event', data: { id } })
    expect(JSON.parse(frame?.data ?? '')).toMatchObject({
      type: 'job.succeeded',
      data: { id, outputs: [{ n: 0 }] },
    })
    expect(frame && eventIdOf(frame)).toBe(sent?.headers['webhook-id'])
  })

  it('has links to the videos that other keys made', async () => {
    const reader = await createApiKey('a reader', { scopes: ['jobs:read'] })
    const stream = await worker.follow('/v1/events', bearerHeader(reader))
    await stream.until('heartbeat')
    await makeVideo({ callback_url: `${callerUrl}/hook?token=1` })
    const [frame] = framesOf(await stream.until('job.succeeded'))
    const { outputs, request } = JSON.parse(frame?.data ?? '').data
    const { pathname, search } = new URL(outputs[0].url)
    expect((await api(`${pathname}${search}`, { headers: { authorization: '' } })).status).toBe(200)
    expect(request.callback_url).toBe(`${callerUrl}/hook`)
  })

  it('has the events of jobs without receivers, with the ids of their timeline', async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    const { id } = await makeVideo({ callback_url: undefined, callback_secret: undefined })
    const [frame, ...others] = framesOf(await stream.until('job.succeeded'))
    expect(others).toEqual([])
    const { data } = await (await api(`/v1/jobs/${id}/events`)).json<{ data: { id: string }[] }>()
    expect(frame && eventIdOf(frame)).toBe(data.at(-1)?.id)
    expect(JSON.parse(frame?.data ?? '')).toMatchObject({
      type: 'job.succeeded',
      data: { id, status: 'succeeded' },
    })
  })

  it('has a job that begins and ends between two looks', async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    const { id } = await postWithoutWakeUp()
    await canceled(id)
    expect(framesOf(await stream.until('job.canceled')).map(jobOf)).toEqual([id])
  })

  it('has the ends of jobs only, unless other types are listed', async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    const [made, failed] = [await makeVideo(), await failVideo()]
    const frames = framesOf(await stream.until('job.failed'))
    expect(frames.map(jobOf).sort()).toEqual([made.id, failed.id].sort())
    expect(frames.every(({ event }) => defaultEventTypes.some((type) => type === event))).toBe(true)
  })

  it.each([
    ['provider=crun', { provider: 'crun' }],
    ['metadata[order]=42', { metadata: { order: '42' } }],
    ['model=seedance-2.0-mini&types=job.canceled&metadata[order]=42', { metadata: { order: '42' } }],
  ])('filters by %s', async (filter, matching) => {
    const stream = await worker.follow(`/v1/events?${filter}`)
    await stream.until('heartbeat')
    const other = await postWithoutWakeUp()
    await canceled(other.id)
    const { id } = await postWithoutWakeUp(matching)
    await canceled(id)
    expect(framesOf(await stream.until('job.canceled')).map(jobOf)).toEqual([id])
  })

  it.each(['types=job.erased', 'types=', 'provider=nobody', 'status=failed', 'provider=crun&provider=crun'])(
    'refuses the filter %s',
    async (query) => {
      expect((await worker.request(`/v1/events?${query}`)).status).toBe(422)
    },
  )

  it('never has an event of another project', async () => {
    const shop = await createApiKey('shop', { project: 'shop' })
    const stream = await worker.follow('/v1/events', bearerHeader(shop))
    await stream.until('heartbeat')
    const foreign = await postWithoutWakeUp()
    await canceled(foreign.id)
    const own = await postJobWith(shop, { callback_url: undefined, prompt: 'A boat sim(seconds=3600)' })
    const { id } = await own.json<{ id: string }>()
    await canceled(id)
    expect(framesOf(await stream.until('job.canceled')).map(jobOf)).toEqual([id])
    expect(await stream.until('heartbeat')).not.toContain(foreign.id)
  })

  it('shares its reads with all other streams of the isolate', async () => {
    const streams = []
    for (let n = 0; n < 5; n++) streams.push(await worker.follow('/v1/events'))
    for (const stream of streams) await stream.until('heartbeat')
    const before = worker.database.calls()
    await Promise.all(streams.map((stream) => stream.until('heartbeat')))
    // Every two seconds: the unsettled jobs, and the jobs that were just created.
    expect(worker.database.calls() - before).toBeLessThanOrEqual(20)
  })
})

describe('a stream that begins', () => {
  it('is not refused for streams that a failing database has ended', async () => {
    worker.database.overload(Number.POSITIVE_INFINITY)
    for (let n = 0; n <= maxStreamsPerKey; n++) {
      expect((await worker.passUntil(worker.request('/v1/events'))).status).toBe(503)
    }
    worker.database.overload(0)
    await worker.pass(5_000)
    expect((await worker.follow('/v1/events')).status).toBe(200)
  })

  it('has no events of the hours in which the isolate did not look', async () => {
    const earlier = await worker.follow('/v1/events')
    await earlier.until('heartbeat')
    await earlier.cancel()
    await makeVideo()
    await world.advance(3 * 3_600_000)
    worker.database.overload(world.edges.now() + 10_000)
    const stream = await worker.follow('/v1/events')
    expect(stream.status).toBe(200)
    await stream.until('heartbeat')
    expect(framesOf(await stream.until('heartbeat'))).toEqual([])
  })

  it('begins now after an id in the future', async () => {
    const stream = await worker.follow('/v1/events', {
      'last-event-id': `${world.edges.now() + 3_600_000}`,
    })
    const id = /^id: (\d+)$/m.exec(await stream.until('id: '))?.[1]
    expect(Number(id)).toBeLessThanOrEqual(world.edges.now())
  })
})

describe('with very many jobs', () => {
  it('has each end of more jobs than looks of two minutes read', async () => {
    const ids = await insertQueued(650)
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    await end(ids)
    const ended = []
    for (let n = 0; n < 4; n++) {
      ended.push(...framesOf(await stream.until('job.canceled')).map(jobOf))
      await world.advance(100_000)
    }
    expect(new Set(ended).size).toBe(ids.length)
  })

  it('has one event gap when there are more unsettled ones than it follows, and refuses new streams', async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    const ids = await insertQueued(maxUnsettledWatched)
    const [gap, ...others] = framesOf(await stream.until('gap'))
    expect([gap?.event, others]).toEqual(['gap', []])
    expect((await worker.request('/v1/events')).status).toBe(503)
    expect(framesOf(await stream.until('heartbeat'))).toEqual([])
    await env.DB.prepare('DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))')
      .bind(JSON.stringify(ids))
      .run()
    const { id } = await postWithoutWakeUp()
    await canceled(id)
    expect(framesOf(await stream.until('job.canceled')).map(jobOf)).toEqual([id])
  })

  it('resumes among more jobs than one page has', async () => {
    const before = `${world.edges.now()}`
    const ids = await insertQueued(10_500)
    await end(ids, world.edges.now() - 3_600_000)
    const { id } = await postWithoutWakeUp()
    await canceled(id)
    const stream = await worker.follow('/v1/events', { 'last-event-id': before })
    expect(framesOf(await stream.until('event: ')).map(jobOf)).toEqual([id])
  })

  it('resumes among more jobs of other projects than it repeats', async () => {
    const before = `${world.edges.now()}`
    await end(await insertQueued(600))
    const shop = await createApiKey('shop', { project: 'shop' })
    const { id } = await (await postJobWith(shop, { callback_url: undefined })).json<{ id: string }>()
    await canceled(id)
    const stream = await worker.follow('/v1/events', { ...bearerHeader(shop), 'last-event-id': before })
    expect(framesOf(await stream.until('event: ')).map(jobOf)).toEqual([id])
    const all = await worker.follow('/v1/events', { 'last-event-id': before })
    expect(framesOf(await all.until('event: ')).map(({ event }) => event)).toEqual(['gap'])
  })
})

/** Without a step. */
async function end(ids: string[], at = world.edges.now()): Promise<void> {
  await env.DB.prepare(
    "UPDATE jobs SET status = 'canceled', settled_at = ?, due_at = NULL WHERE id IN (SELECT value FROM json_each(?))",
  )
    .bind(at, JSON.stringify(ids))
    .run()
}

describe('a stream that resumes', () => {
  it('misses nothing, and does not repeat the event that it names', async () => {
    const first = await worker.follow('/v1/events')
    await first.until('heartbeat')
    const seen = await makeVideo()
    const last = framesOf(await first.until('job.succeeded'))[0]
    await first.cancel()
    const missed = [await makeVideo(), await failVideo()]
    await world.advance(3 * 3_600_000)

    const elsewhere = createWaitingWorker()
    const stream = await elsewhere.follow('/v1/events', { 'last-event-id': last?.id ?? '' })
    const frames = framesOf(await stream.until('job.failed'))
    expect(frames.map(jobOf)).toEqual(missed.map(({ id }) => id))
    expect(frames.map(jobOf)).not.toContain(seen.id)
    const later = await makeVideo()
    expect(framesOf(await stream.until('job.succeeded')).map(jobOf)).toEqual([later.id])
  })

  it('continues after a heartbeat, which has an id too', async () => {
    const first = await worker.follow('/v1/events')
    const id = /^id: (\d+)$/m.exec(await first.until('heartbeat'))?.[1] ?? ''
    const missed = await makeVideo()
    const stream = await createWaitingWorker().follow('/v1/events', { 'last-event-id': id })
    expect(framesOf(await stream.until('job.succeeded')).map(jobOf)).toEqual([missed.id])
  })

  it('has an event gap after too long an interruption', async () => {
    const id = `${newId('event')}.${world.edges.now() - 25 * 3_600_000}`
    const stream = await worker.follow('/v1/events', { 'last-event-id': id })
    const [gap] = framesOf(await stream.until('gap'))
    expect(gap?.event).toBe('gap')
    expect(JSON.parse(gap?.data ?? '')).toMatchObject({ type: 'gap', data: { message: expect.any(String) } })
  })

  it('begins now after an id that is not one of its own', async () => {
    await makeVideo()
    const stream = await worker.follow('/v1/events', { 'last-event-id': 'nonsense' })
    await stream.until('heartbeat')
    expect(framesOf(await stream.until('heartbeat'))).toEqual([])
  })

  it('finds what it missed while the database failed', async () => {
    const stream = await worker.follow('/v1/events')
    await stream.until('heartbeat')
    worker.database.overload(world.edges.now() + 5 * 60_000)
    const { id } = await postWithoutWakeUp()
    await canceled(id)
    await worker.passUntil(worker.pass(10_000))
    expect(framesOf(await stream.until('job.canceled')).map(jobOf)).toEqual([id])
  })
})
