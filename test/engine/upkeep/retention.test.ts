/** Jobs whose retention has ended: the cron erases them, with all of their rows and objects. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { ask } from '../../support/api-call.ts'
import { notifyOnce } from '../../support/deliveries.ts'
import { canceled } from '../../support/job-calls.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { untilSweepIs } from '../../support/minutes.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, getJob, post, postJob, sweep } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aNotifiedVideo, days, insertDueErasures, passDays, untilDelivered } from '../../support/retention.ts'
import { countRows, objectKeys, select } from '../../support/storage.ts'
import { bytesOf, failVideo, sha256Of } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

/** Posts a job to a deployment that keeps jobs for this many days. */
async function postWith(RETENTION_DAYS: string, overrides: Record<string, unknown> = {}): Promise<JobView> {
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(aRequest(overrides)) }
  const response = await ask('/v1/jobs', init, { RETENTION_DAYS })
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

describe('a job with a retention', () => {
  it('is erased when its retention ends, and not before: no row and no object is left', async () => {
    const id = await aNotifiedVideo({ retention_days: 7 })
    await passDays(6.9)
    expect(await leftOf(id)).toMatchObject({ jobs: 1, outputs: 1, objects: 1 })
    await passDays(0.2)
    expect(await leftOf(id)).toEqual(nothing)
    await expectProblem(await api(`/v1/jobs/${id}`), 404, 'not_found')
    expect(world.logs).toContainEqual({ event: 'job.erased', fields: { job_id: id, reason: 'retention' } })
  })

  it('shows when it will be erased as soon as it has settled, in its last event too', async () => {
    const { erase_at } = await postJob({ retention_days: 7 })
    expect(erase_at).toBeNull()
    const id = await aNotifiedVideo({ retention_days: 7 })
    const job = await getJob(id)
    expect(Date.parse(job.erase_at ?? '') - Date.parse(job.settled_at ?? '')).toBe(7 * days)
    const [notified] = world.caller.receivedFor(id)
    expect(JSON.parse(notified?.body ?? '{}').data.erase_at).toBe(job.erase_at)
  })

  it('has its video under the same prefix as any other job, and it plays', async () => {
    const id = await aNotifiedVideo({ retention_days: 8 })
    expect(await objectKeys(`jobs/${id}/`)).toEqual([`jobs/${id}/0.mp4`])
    const [output] = (await getJob(id)).outputs
    const played = await world.edges.fetch(new Request(`${output?.url}&download=1`))
    expect(played.headers.get('content-disposition')).toBe(`attachment; filename="${id}-0.mp4"`)
    expect(await sha256Of(await bytesOf(played.body))).toBe(output?.sha256)
  })

  it.each([
    ['failed', async () => (await failVideo({ retention_days: 1 })).id],
    [
      'canceled',
      async () => {
        const { id } = await postJob({ retention_days: 1 })
        return (await canceled(id)).id
      },
    ],
  ])('is also erased when it %s', async (_, end) => {
    const id = await end()
    await untilDelivered(id)
    expect((await getJob(id)).erase_at).not.toBeNull()
    await passDays(1.1)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('is not erased while a delivery is pending, and does not delay others', async () => {
    const { job_id: id } = await notifyOnce(() => new Response('later', { status: 500 }))
    await env.DB.prepare('UPDATE jobs SET erase_at = ? WHERE id = ?').bind(world.edges.now(), id).run()
    // The delivery is not attempted while only erasures are processed.
    await env.DB.prepare('UPDATE deliveries SET due_at = due_at + ? WHERE job_id = ?')
      .bind(9 * days, id)
      .run()
    await sweep()
    expect(await leftOf(id)).toMatchObject({ jobs: 1, deliveries: 1 })
    const [row] = await select<{ erase_at: number }>('SELECT erase_at FROM jobs WHERE id = ?', id)
    expect((row?.erase_at ?? 0) - world.edges.now()).toBe(days / 24)
    await env.DB.prepare("UPDATE deliveries SET status = 'delivered', due_at = NULL WHERE job_id = ?")
      .bind(id)
      .run()
    await passDays(0.1)
    expect(await leftOf(id)).toEqual(nothing)
  })
})

describe('the retention of a job', () => {
  it('is the setting of the deployment', async () => {
    const job = await postWith('30')
    expect(job.request.retention_days).toBe(30)
    const [row] = await select<{ request: string }>('SELECT request FROM jobs WHERE id = ?', job.id)
    expect(JSON.parse(row?.request ?? '{}').retention_days).toBe(30)
  })

  it('is that of its request, if the request has one', async () => {
    expect((await postWith('30', { retention_days: 3 })).request.retention_days).toBe(3)
    expect((await postWith('30', { retention_days: 0 })).request.retention_days).toBe(0)
  })

  it('does not end by default', async () => {
    const id = await aNotifiedVideo()
    expect(await getJob(id)).toMatchObject({ erase_at: null, request: { retention_days: 0 } })
    await passDays(4_000)
    expect(await leftOf(id)).toMatchObject({ jobs: 1, outputs: 1, objects: 1 })
  })

  it.each([-1, 3_651, 1.5, '7', null])('must not be %j', async (retention_days) => {
    const problem = await expectProblem(
      await post('/v1/jobs', aRequest({ retention_days, duration: 3 })),
      422,
      'invalid_request',
    )
    expect(pathsOf(problem)).toEqual(['duration', 'retention_days'])
  })

  it.each(['-1', '3651', 'a week'])('must not be set to %j for a deployment', async (RETENTION_DAYS) => {
    const { detail } = await expectProblem(
      await ask('/healthz', {}, { RETENTION_DAYS }),
      503,
      'misconfigured',
    )
    expect(detail).toContain('RETENTION_DAYS')
  })
})

describe('many erasures that are due at once', () => {
  const dueNow = () => countRows('jobs', 'erase_at <= ?', world.edges.now())

  it('are done in batches', async () => {
    await insertDueErasures(430, 'empty')
    await sweep()
    expect(await dueNow()).toBe(30)
    await sweep()
    expect(await dueNow()).toBe(0)
  })

  it('are all done, although the request of one job is damaged', async () => {
    await insertDueErasures(1, 'empty', 'not JSON')
    await insertDueErasures(5, 'empty')
    await sweep()
    expect(await dueNow()).toBe(0)
  })

  it('cost a few rows each, however many jobs there are', async () => {
    // The larger sweep looks at each of the 3,000 jobs, to prune it.
    await untilSweepIs('usual')
    const costOf = async (count: number) => {
      await insertDueErasures(count, 'empty')
      const worker = createMeteredWorker()
      await worker.sweep()
      return worker.bill()
    }
    const idle = await costOf(0)
    const one = await costOf(1)
    await env.DB.prepare('UPDATE jobs SET erase_at = NULL').run()
    await insertDueErasures(3_000, 'empty')
    await env.DB.prepare('UPDATE jobs SET erase_at = NULL').run()
    const among = await costOf(1)
    expect(among).toEqual(one)
    expect(one.rowsRead - idle.rowsRead).toBeLessThanOrEqual(40)
    expect(one.rowsWritten - idle.rowsWritten).toBeLessThanOrEqual(10)
  })
})
