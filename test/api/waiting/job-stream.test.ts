/** The timeline of a job as server-sent events. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { maxStreamsPerKey } from '../../../src/core/schedule/watch.ts'
import { bearerHeader, createApiKey, revokeApiKey } from '../../support/api-keys.ts'
import { canceled } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, timelineOf } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { makeVideo } from '../../support/videos.ts'
import { createWaitingWorker, framesOf, type WaitingWorker } from '../../support/waiting.ts'
import { world } from '../../support/world.ts'

const accept = { accept: 'text/event-stream' }
let worker: WaitingWorker

beforeEach(() => {
  worker = createWaitingWorker()
})

describe('the stream of a job', () => {
  it('has the entries of the list, and ends with the last one', async () => {
    const { id } = await makeVideo()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    const frames = framesOf(await stream.toEnd())
    const { data } = await (await api(`/v1/jobs/${id}/events`)).json<{
      data: { id: string; type: string }[]
    }>()
    expect(frames.map((frame) => JSON.parse(frame.data))).toEqual(data)
    expect(frames.map(({ event, id }) => ({ type: event, id }))).toEqual(
      data.map(({ type, id }) => ({ type, id })),
    )
  })

  it('is the list without Accept: text/event-stream', async () => {
    const { id } = await postWithoutWakeUp()
    const response = await worker.request(`/v1/jobs/${id}/events`)
    expect(response.headers.get('content-type')).toContain('application/json')
  })

  it('has each further entry when it happens, and each once', async () => {
    const { id } = await postWithoutWakeUp()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    const first = await stream.until('job.accepted')
    await canceled(id)
    const rest = await stream.toEnd()
    expect(framesOf(first + rest).map(({ event }) => event)).toEqual(await timelineOf(id))
  })

  it('continues after the entry in Last-Event-ID', async () => {
    const { id } = await makeVideo()
    const all = framesOf(await (await worker.follow(`/v1/jobs/${id}/events`, accept)).toEnd())
    const headers = { ...accept, 'last-event-id': all[2]?.id ?? '' }
    const rest = framesOf(await (await worker.follow(`/v1/jobs/${id}/events`, headers)).toEnd())
    expect(rest).toEqual(all.slice(3))
  })

  it('responds with 204 after the last entry, so that a browser stops', async () => {
    const { id } = await makeVideo()
    const all = framesOf(await (await worker.follow(`/v1/jobs/${id}/events`, accept)).toEnd())
    const headers = { ...accept, 'last-event-id': all.at(-1)?.id ?? '' }
    expect((await worker.request(`/v1/jobs/${id}/events`, { headers })).status).toBe(204)
  })

  it('has a comment when nothing happens, and ends after a while', async () => {
    const { id } = await postWithoutWakeUp()
    const startedAt = world.edges.now()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    await stream.until('heartbeat')
    expect(world.edges.now() - startedAt).toBeLessThanOrEqual(18_000)
    const rest = await stream.toEnd()
    expect(framesOf(rest)).toEqual([])
    expect(rest.split(': heartbeat').length).toBeGreaterThan(50)
    expect(world.edges.now() - startedAt).toBeLessThanOrEqual(910_000)
  })

  it('has a comment when the progress changes, which is no entry', async () => {
    const { id } = await postWithoutWakeUp()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    await stream.until('job.accepted')
    for (const percent of [45, 90]) {
      await env.DB.prepare('UPDATE jobs SET progress = ? WHERE id = ?').bind(percent, id).run()
      const text = await stream.until(`: progress ${percent}\n\n`)
      expect(framesOf(text)).toEqual([])
      expect(text.split(': progress').length).toBe(2)
    }
  })

  it('reads nothing while its client takes nothing, and nothing after it has left', async () => {
    const { id } = await postWithoutWakeUp()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    await stream.until('job.accepted')
    const before = worker.database.calls()
    await worker.pass(30_000)
    expect(worker.database.calls()).toBe(before)
    const next = stream.until('heartbeat')
    await stream.cancel()
    await next
    await worker.pass(30_000)
    expect(worker.database.calls() - before).toBeLessThanOrEqual(1)
  })

  it('survives a database that fails', async () => {
    const { id } = await postWithoutWakeUp()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, accept)
    await stream.until('job.accepted')
    worker.database.overload(world.edges.now() + 20_000)
    await stream.until('heartbeat')
    await canceled(id)
    expect(framesOf(await stream.toEnd()).map(({ event }) => event)).toEqual(['job.canceled'])
  })

  it('is refused for one stream too many of a key, until one of them leaves', async () => {
    const { id } = await postWithoutWakeUp()
    const streams = []
    for (let n = 0; n < maxStreamsPerKey; n++)
      streams.push(await worker.follow(`/v1/jobs/${id}/events`, accept))
    await expectProblem(
      await worker.request(`/v1/jobs/${id}/events`, { headers: accept }),
      429,
      'rate_limited',
    )
    await streams[0]?.cancel()
    expect((await worker.request(`/v1/jobs/${id}/events`, { headers: accept })).status).toBe(200)
  })

  it('ends within about a minute after its key is revoked', async () => {
    const key = await createApiKey()
    const { id } = await postWithoutWakeUp()
    const stream = await worker.follow(`/v1/jobs/${id}/events`, { ...accept, ...bearerHeader(key) })
    await stream.until('job.accepted')
    await revokeApiKey(key)
    const revokedAt = world.edges.now()
    await stream.toEnd()
    expect(world.edges.now() - revokedAt).toBeLessThanOrEqual(75_000)
  })

  it.each([[['deliveries']], [['jobs:read', 'admin']]])(
    'ends within about a minute after the scopes of its key become %s',
    async (scopes) => {
      const key = await createApiKey()
      const { id } = await postWithoutWakeUp()
      const stream = await worker.follow(`/v1/jobs/${id}/events`, { ...accept, ...bearerHeader(key) })
      await stream.until('job.accepted')
      const changed = await api(`/v1/api-keys/${key.id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ scopes }),
      })
      expect(changed.status).toBe(200)
      const changedAt = world.edges.now()
      await stream.toEnd()
      expect(world.edges.now() - changedAt).toBeLessThanOrEqual(75_000)
    },
  )

  it("does not know another project's job", async () => {
    const stranger = bearerHeader(await createApiKey('a stranger', { project: 'other' }))
    const { id } = await postWithoutWakeUp()
    for (const headers of [stranger, { ...stranger, ...accept }])
      await expectProblem(await worker.request(`/v1/jobs/${id}/events`, { headers }), 404, 'not_found')
  })
})
