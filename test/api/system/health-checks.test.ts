/** GET /healthz?deep: which checks fail, and which callers can run them. */

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { version } from '../../../package.json'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { recordDeadLetter } from '../../../src/engine/upkeep/dead-letter.ts'
import { ask, deadDatabase } from '../../support/api-call.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { failVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

interface Health {
  status: string
  checks: Record<string, { status: string; [name: string]: unknown }>
}

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM jobs').run()
})

const withKey = { headers: { authorization: `Bearer ${env.ADMIN_API_KEY}` } }

async function checkHealth(bindings: Record<string, unknown> = {}): Promise<Health> {
  const response = await ask('/healthz?deep', withKey, bindings)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

/** The checks that are not ok. */
function notOk({ checks }: Health): Record<string, string> {
  const entries = Object.entries(checks).filter(([, { status }]) => status !== 'ok')
  return Object.fromEntries(entries.map(([name, { status }]) => [name, status]))
}

describe('the deep health', () => {
  it('is ok when every part works', async () => {
    expect(await checkHealth()).toEqual({
      status: 'ok',
      version,
      providers: [...sellerNames],
      checks: {
        database: { status: 'ok', latency_ms: expect.any(Number) },
        database_size: {
          status: 'ok',
          size: { bytes: expect.any(Number), max_bytes: 10_000_000_000, share: 0 },
        },
        bucket: { status: 'ok', latency_ms: expect.any(Number) },
        queues: { status: 'ok', backlog: 0, oldest_message_seconds: null },
        cron: { status: 'ok' },
        jobs: {
          status: 'ok',
          overdue: 0,
          oldest_overdue_seconds: null,
          lease_expired: 0,
          past_deadline: 0,
        },
        deliveries: { status: 'ok', overdue: 0, oldest_overdue_seconds: null },
        dead_letters: { status: 'ok', count: 0 },
        storage: { status: 'ok', missing_objects: 0 },
        purges: { status: 'ok', waiting: 0, oldest_waiting_seconds: null },
      },
    })
  })

  it('is ok while a job is overdue for a short time', async () => {
    await postWithoutWakeUp()
    await world.advance(1 * minutes)
    const health = await checkHealth()
    expect(health.status).toBe('ok')
    expect(health.checks.jobs).toMatchObject({ overdue: 1, oldest_overdue_seconds: 60 })
  })

  it('shows that the cron trigger fails when a job is overdue for more than three minutes', async () => {
    await postWithoutWakeUp()
    await world.advance(4 * minutes)
    const health = await checkHealth()
    expect(health.status).toBe('degraded')
    expect(notOk(health)).toEqual({ cron: 'degraded', jobs: 'degraded' })
  })

  it('does not blame the cron trigger while messages wait on the queue', async () => {
    await postWithoutWakeUp()
    await world.advance(4 * minutes)
    const full = {
      metrics: async () => ({ backlogCount: 7, backlogBytes: 700, oldestMessageTimestamp: new Date() }),
    }
    expect(notOk(await checkHealth({ JOBS: full }))).toEqual({ jobs: 'degraded' })
  })

  it('shows that a delivery is overdue', async () => {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    await expect.poll(() => world.logs.some(({ event }) => event === 'delivery.attempted')).toBe(true)
    await world.advance(60 * minutes)
    expect(notOk(await checkHealth())).toMatchObject({ deliveries: 'degraded' })
  })

  it('counts the dead letters of overdue work', async () => {
    const { id } = await postWithoutWakeUp()
    await recordDeadLetter(aContext(), { job: id })
    const health = await checkHealth()
    expect(health.checks.dead_letters).toEqual({ status: 'degraded', count: 1 })
  })
})

describe('the cache tags of erased files', () => {
  it.each([
    [59, 'ok'],
    [61, 'degraded'],
  ])('that wait for %i minutes for their purge make the check %s', async (waited, status) => {
    const since = world.edges.now() - waited * minutes
    await env.DB.prepare('DELETE FROM purges').run()
    await env.DB.prepare("INSERT INTO purges (created_at, tag) VALUES (?, 'job_one')").bind(since).run()
    const { checks } = await checkHealth()
    await env.DB.prepare('DELETE FROM purges').run()
    expect(checks.purges).toEqual({ status, waiting: 1, oldest_waiting_seconds: waited * 60 })
  })
})

describe('a part that is down', () => {
  it('causes a 503 if it is the database', async () => {
    const response = await ask('/healthz?deep', withKey, { DB: deadDatabase })
    const { errors } = await expectProblem(response, 503, 'unavailable')
    expect(errors).toEqual([
      { path: 'database', message: 'is failed' },
      ...['database_size', 'cron', 'jobs', 'deliveries', 'dead_letters', 'storage', 'purges'].map((path) => ({
        path,
        message: 'is unknown',
      })),
    ])
  })

  it('is shown as failed if it is the bucket or a queue', async () => {
    const deadBucket = { head: () => Promise.reject(new Error('R2 is down')) }
    expect(notOk(await checkHealth({ BUCKET: deadBucket }))).toEqual({ bucket: 'failed' })
    expect(notOk(await checkHealth({ DELIVERIES: deadQueue }))).toEqual({ queues: 'failed' })
    expect(notOk(await checkHealth({ JOBS: deadQueue }))).toEqual({ queues: 'failed' })
  })

  it('is shown as failed if it does not respond in time', async () => {
    const silentBucket = { head: () => Promise.withResolvers<never>().promise }
    expect(notOk(await checkHealth({ BUCKET: silentBucket }))).toEqual({ bucket: 'failed' })
  })
})

describe('a caller without a key', () => {
  it('sees only the status, the version and the providers', async () => {
    const response = await api('/healthz', { headers: { authorization: '' } })
    expect(Object.keys(await response.json<object>())).toEqual(['status', 'version', 'providers'])
  })

  it.each(['deep', 'deep=', 'deep=true', 'deep=0'])('cannot run the checks with ?%s', async (query) => {
    await expectProblem(
      await api(`/healthz?${query}`, { headers: { authorization: '' } }),
      401,
      'unauthorized',
    )
  })
})
