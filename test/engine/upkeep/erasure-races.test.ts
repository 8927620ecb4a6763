/** An erasure at the same time as other calls about its job, and an erasure that is interrupted. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/context.ts'
import { erasureWaitMs } from '../../../src/core/schedule/jobs.ts'
import { type ErasureOrder, erase, eraseDue } from '../../../src/engine/upkeep/erase.ts'
import { deliveriesOf } from '../../support/deliveries.ts'
import { type PausePoint, pauseWork } from '../../support/hold-step.ts'
import { interruptedJob } from '../../support/interruption-points.ts'
import { canceled, erase as eraseByHand, retried, retry } from '../../support/job-calls.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, getJob, post, sweep } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import {
  allEvents,
  aNotifiedVideo,
  days,
  erasureEventsOf,
  untilDelivered,
  untilErasureEvent,
} from '../../support/retention.ts'
import { aContext } from '../../support/runtime.ts'
import { objectKeys } from '../../support/storage.ts'
import { bytesOf, failVideo, sha256Of } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const byHand: ErasureOrder = { reason: 'request', pendingDeliveries: 'wait', project: null }
const hearsOfIt = { callback_events: allEvents }

// An erasure reads the job, commits, and deletes the rest of its row.
const decision = 2
const conclusion = 3

function holdErasure(id: string, place: PausePoint) {
  return pauseWork(place, async (context) => void (await erase(context, id, byHand)))
}

async function redeliver(id: string): Promise<number> {
  const [delivery] = await deliveriesOf(id)
  return (await post(`/v1/deliveries/${delivery?.id}/redeliver`, {})).status
}

describe('an erasure and a redelivery', () => {
  it('keep the job if the redelivery comes before the commit', async () => {
    const id = await aNotifiedVideo()
    // The receiver responds that it is to be retried later.
    world.caller.respondNext(() => new Response('later', { status: 500 }))
    const held = await holdErasure(id, { commit: decision, when: 'before' })
    expect(await redeliver(id)).toBe(202)
    await held.resume()
    expect(await leftOf(id)).toMatchObject({ jobs: 1, outputs: 1, deliveries: 1, objects: 1 })
    expect((await api(`/v1/jobs/${id}/outputs/0`)).status).toBe(200)
  })

  it('send nothing if the redelivery comes after the commit', async () => {
    const id = await aNotifiedVideo()
    const [delivery] = await deliveriesOf(id)
    const held = await holdErasure(id, { commit: decision, when: 'after' })
    const answer = await post(`/v1/deliveries/${delivery?.id}/redeliver`, {})
    await expectProblem(answer, 404, 'not_found')
    await held.resume()
    expect(await leftOf(id)).toEqual(nothing)
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })
})

describe('a sweep that erases several jobs in one commit', () => {
  it('erases the others if one of them is delivered again before the commit', async () => {
    const ids = [await aNotifiedVideo({ retention_days: 1 }), await aNotifiedVideo({ retention_days: 1 })]
    await world.advance(1.1 * days)
    const held = await pauseWork(
      { commit: decision, when: 'before' },
      async (context) => void (await eraseDue(context, context.db)),
    )
    world.caller.respondNext(() => new Response('later', { status: 500 }))
    const [pending = '', other = ''] = ids
    expect(await redeliver(pending)).toBe(202)
    await held.resume()
    expect(await leftOf(other)).toEqual(nothing)
    expect(await leftOf(pending)).toMatchObject({ jobs: 1, outputs: 1, deliveries: 1, objects: 1 })
  })
})

describe('an erasure and a retry', () => {
  it('leave a complete new job if the retry comes before the commit', async () => {
    const { id } = await failVideo()
    await untilDelivered(id)
    const held = await holdErasure(id, { commit: decision, when: 'before' })
    const again = await retried(id)
    await held.resume()
    expect(await leftOf(id)).toEqual(nothing)
    expect(await getJob(again.id)).toMatchObject({ retry_of: id, request: { prompt: again.request.prompt } })
  })

  it('find nothing to retry after the commit', async () => {
    const { id } = await failVideo()
    await untilDelivered(id)
    const held = await holdErasure(id, { commit: decision, when: 'after' })
    await expectProblem(await retry(id), 404, 'not_found')
    await held.resume()
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('an erasure and a reader of the video', () => {
  it('let a running download end whole or not at all, and refuse later ones', async () => {
    const id = await aNotifiedVideo()
    const [output] = (await getJob(id)).outputs
    const url = new URL(output?.url ?? '')
    const playing = await api(`${url.pathname}${url.search}`, { headers: { authorization: '' } })
    expect((await eraseByHand(id)).status).toBe(204)
    const read = await bytesOf(playing.body).catch(() => null)
    if (read !== null) expect(await sha256Of(read)).toBe(output?.sha256)
    const late = await api(`${url.pathname}${url.search}`, { headers: { authorization: '' } })
    await expectProblem(late, 404, 'not_found')
  })

  it('refuse the link between the commit and the deletion of the object', async () => {
    const id = await aNotifiedVideo()
    const [output] = (await getJob(id)).outputs
    const url = new URL(output?.url ?? '')
    const held = await holdErasure(id, { commit: decision, when: 'after' })
    await expectProblem(await api(`${url.pathname}${url.search}`), 404, 'not_found')
    await held.resume()
  })
})

describe('an erasure and another step', () => {
  it('erase the job once and send one event, if both are erasures', async () => {
    const id = await aNotifiedVideo({ ...hearsOfIt, retention_days: 1 })
    await world.advance(1.1 * days)
    await Promise.all([sweep(), sweep(), eraseByHand(id), eraseByHand(id)])
    await untilErasureEvent(id)
    await sweep()
    expect(erasureEventsOf(id)).toHaveLength(1)
    expect(await leftOf(id)).toEqual({ ...nothing, jobs: 1, deliveries: 1 })
    expect(
      world.logs.filter(({ event, fields }) => event === 'job.erased' && fields.job_id === id),
    ).toHaveLength(1)
  })

  it('leave nothing, if a download ends after the job was canceled and erased', async () => {
    const held = await interruptedJob({ stage: 'finished', place: { call: '/media/', when: 'during' } })
    await canceled(held.id)
    expect((await eraseByHand(held.id, '?force=true')).status).toBe(204)
    await held.resume()
    expect(await leftOf(held.id)).toEqual(nothing)
  })
})

describe('an erasure that is interrupted', () => {
  const dead = (name: string) => () => Promise.reject(new Error(`${name} is down`))

  /** A bucket that lists or deletes nothing. */
  function brokenBucket(method: 'list' | 'delete'): R2Bucket {
    return new Proxy(env.BUCKET, {
      get(bucket, name) {
        if (name === method) return dead('R2')
        const value = Reflect.get(bucket, name)
        return typeof value === 'function' ? value.bind(bucket) : value
      },
    })
  }

  /** A database that refuses every commit from this one on. */
  function failingFrom(commit: number): D1Database {
    let commits = 0
    return new Proxy(env.DB, {
      get(database, name) {
        const value = Reflect.get(database, name)
        if (name !== 'batch') return typeof value === 'function' ? value.bind(database) : value
        return (statements: D1PreparedStatement[]) =>
          ++commits >= commit ? dead('D1')() : env.DB.batch(statements)
      },
    })
  }

  const broken: [string, () => Context][] = [
    ['R2 lists nothing', () => aContext({}, { BUCKET: brokenBucket('list') })],
    ['R2 deletes nothing', () => aContext({}, { BUCKET: brokenBucket('delete') })],
    ['D1 refuses the last statement', () => aContext({}, { DB: failingFrom(conclusion) })],
  ]

  it.each(broken)('is committed, and finished by the next sweep: %s', async (_, contextOf) => {
    for (const overrides of [{}, hearsOfIt]) {
      const id = await aNotifiedVideo({ ...overrides, retention_days: 1 })
      expect(await erase(contextOf(), id, byHand)).toBe('erased')
      await expectProblem(await api(`/v1/jobs/${id}`), 404, 'not_found')
      expect(world.logs).toContainEqual({
        event: 'erasure.failed',
        fields: { job_id: id, error: expect.stringContaining('is down') },
      })
      await sweep()
      expect(await objectKeys(`jobs/${id}/`)).toEqual([])
      const isTold = overrides === hearsOfIt
      expect(await leftOf(id)).toEqual(isTold ? { ...nothing, jobs: 1, deliveries: 1 } : nothing)
      if (isTold) await untilErasureEvent(id)
    }
  })

  it('that fails again is postponed, so that it does not hold up others', async () => {
    const id = await aNotifiedVideo({ retention_days: 1 })
    const contextOf = () => aContext({}, { BUCKET: brokenBucket('delete') })
    await erase(contextOf(), id, byHand)
    expect(await eraseDue(contextOf(), contextOf().db)).toBe(1)
    expect(await eraseDue(contextOf(), contextOf().db)).toBe(0)
    await world.advance(erasureWaitMs)
    await sweep()
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('loses nothing if D1 refuses the commit', async () => {
    const id = await aNotifiedVideo({ retention_days: 1 })
    await world.advance(1.1 * days)
    const context = aContext({}, { DB: failingFrom(decision) })
    await eraseDue(context, context.db)
    expect(await leftOf(id)).toMatchObject({ jobs: 1, outputs: 1, objects: 1 })
    expect((await api(`/v1/jobs/${id}/outputs/0`)).status).toBe(200)
    // A failed erasure is deferred, so that it does not delay others.
    await world.advance(erasureWaitMs)
    await sweep()
    expect(await leftOf(id)).toEqual(nothing)
  })
})
