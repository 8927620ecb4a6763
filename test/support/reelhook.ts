/** Using Reelhook as its callers do: over its API, in full sentences. */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import type { JobView } from '../../src/core/job-view-schema.ts'
import { callbackSecret } from './caller.ts'
import worker from './worker.ts'
import { callerUrl, publicBaseUrl, world } from './world.ts'

/** A whole valid request; the test states only what matters. */
export function aRequest(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    model: 'seedance-2.0-mini',
    prompt: 'A paper boat drifts down a rainy gutter',
    provider: 'runware',
    duration: 5,
    resolution: '480p',
    callback_url: `${callerUrl}/hook`,
    callback_secret: callbackSecret,
    ...overrides,
  }
}

export async function api(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${env.ADMIN_API_KEY}`,
    ...(init.headers as Record<string, string>),
  }
  return exports.default.fetch(new Request(`${publicBaseUrl}${path}`, { ...init, headers }))
}

export async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return api(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

export async function postJob(overrides: Record<string, unknown> = {}): Promise<JobView> {
  const response = await post('/v1/jobs', aRequest(overrides))
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

export async function getJob(id: string): Promise<JobView> {
  const response = await api(`/v1/jobs/${id}`)
  expect(response.status).toBe(200)
  return response.json()
}

export async function timelineOf(id: string): Promise<string[]> {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string }[] }>()
  return data.map(({ type }) => type)
}

/** Waits until the job is as wanted; the real queue needs a moment of real time. */
export async function untilJob(id: string, isAsWanted: (job: JobView) => boolean): Promise<JobView> {
  return vi.waitFor(
    async () => {
      const job = await getJob(id)
      if (!isAsWanted(job)) throw new Error(`the job is ${job.status}: ${JSON.stringify(job.fault)}`)
      return job
    },
    { timeout: 10_000, interval: 10 },
  )
}

export async function untilStatus(id: string, status: JobView['status']): Promise<JobView> {
  return untilJob(id, (job) => job.status === status)
}

/** Lets time pass, a minute and a sweep at a time, until the job is as wanted. */
export async function passTimeUntil(id: string, isAsWanted: (job: JobView) => boolean): Promise<JobView> {
  return vi.waitFor(
    async () => {
      const job = await getJob(id)
      if (isAsWanted(job)) return job
      await world.advance(60_000)
      await sweep()
      throw new Error(`the job is still ${job.status}: ${JSON.stringify(job.fault)}`)
    },
    { timeout: 10_000, interval: 50 },
  )
}

/** Waits until the provider has the job's tasks. */
export async function untilSubmitted(id: string): Promise<JobView> {
  return untilJob(id, (job) => job.status !== 'queued')
}

/** Waits until the caller has been sent so many attempts for the job. */
export async function untilTold(id: string, attempts = 1) {
  await vi.waitUntil(() => world.caller.receivedFor(id).length >= attempts, { timeout: 10_000, interval: 10 })
  return world.caller.receivedFor(id)
}

/** What the cron trigger does every minute. */
export async function sweep(): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled?.(createScheduledController(), env, context)
  await waitOnExecutionContext(context)
}

/** Every bill that the simulator wrote for this job, told apart by the callback URL, which names the job. */
export function billsFor(jobId: string) {
  return world.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(jobId))
}

/** Waits until so many different webhooks of the job are in the journal. */
export async function untilJournaled(id: string, count: number): Promise<void> {
  const statement = env.DB.prepare('SELECT count(*) AS count FROM webhooks WHERE job_id = ?').bind(id)
  await vi.waitUntil(async () => (await statement.first('count')) === count, {
    timeout: 10_000,
    interval: 10,
  })
}

/** Waits until so many webhooks of the job have come after its end. */
export async function untilCounted(id: string, count: number): Promise<void> {
  const statement = env.DB.prepare('SELECT late_webhooks AS count FROM jobs WHERE id = ?').bind(id)
  await vi.waitUntil(async () => (await statement.first('count')) === count, {
    timeout: 10_000,
    interval: 10,
  })
}

/**
 * Everything that is written of a job but the journal and the count of late webhooks: nothing of it may change once the
 * job is settled.
 */
export async function rowsOf(id: string) {
  const all = (sql: string) => env.DB.prepare(sql).bind(id).all()
  const [jobs, tasks, outputs, events, deliveries] = await Promise.all([
    all('SELECT * FROM jobs WHERE id = ?'),
    all('SELECT * FROM tasks WHERE job_id = ?'),
    all('SELECT * FROM outputs WHERE job_id = ?'),
    all('SELECT * FROM events WHERE job_id = ?'),
    all('SELECT id, event_id, body FROM deliveries WHERE job_id = ?'),
  ])
  const settled = jobs.results.map(({ late_webhooks: _count, late_webhook_at: _at, ...row }) => row)
  return [settled, ...[tasks, outputs, events, deliveries].map(({ results }) => results)]
}
