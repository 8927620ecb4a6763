/** Uses Reelhook as its callers do, over its API. */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { callbackSecret } from './caller.ts'
import { select } from './storage.ts'
import worker from './worker.ts'
import { callerUrl, publicBaseUrl, world } from './world.ts'

/** A whole valid request; the test states only the fields that matter. */
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

/** Waits until the job matches. The real queue needs some real time. */
export async function untilJob(id: string, isExpected: (job: JobView) => boolean): Promise<JobView> {
  return vi.waitFor(
    async () => {
      const job = await getJob(id)
      if (!isExpected(job)) throw new Error(`the job is ${job.status}: ${JSON.stringify(job.fault)}`)
      return job
    },
    { timeout: 60_000, interval: 10 },
  )
}

export async function untilStatus(id: string, status: JobView['status']): Promise<JobView> {
  return untilJob(id, (job) => job.status === status)
}

/**
 * Advances the clock by a minute and sweeps, until the job matches. The clock stops while the job is due or in a step,
 * so that a busy machine does not carry it past its deadline; a step that does not end is taken for dead. A sweep and a
 * read of the job cost far more than a look at its row, so neither is repeated while a step is awaited.
 */
export async function passTimeUntil(id: string, isExpected: (job: JobView) => boolean): Promise<JobView> {
  const seen = { row: '', looks: 0 }
  let job: JobView | undefined
  return vi.waitFor(
    async () => {
      const before = await stateOf(id)
      if (job === undefined || before.row !== seen.row || !isBusy(before)) job = await getJob(id)
      if (isExpected(job)) return job
      const state = await stateOf(id)
      seen.looks = state.row === seen.row && isBusy(state) ? seen.looks + 1 : 0
      seen.row = state.row
      const isRunning = state.hasLease && seen.looks < 6
      if (!state.isDue && !isRunning) await world.advance(60_000)
      // The wake-up of a due job is in its queue, unless it is lost.
      if (state.isDue ? seen.looks % 3 === 0 : !isRunning) await sweep()
      throw new Error(`the job is still ${job.status}: ${JSON.stringify(job.fault)}`)
    },
    // A job that ends at its deadline is looked at for half an hour of its time, which a busy machine needs a while for.
    { timeout: 60_000, interval: 40 },
  )
}

interface JobState {
  row: string
  isDue: boolean
  hasLease: boolean
}

async function stateOf(id: string): Promise<JobState> {
  const [job] = await select<{ due_at: number | null; leased_until: number | null; lease: string | null }>(
    'SELECT * FROM jobs WHERE id = ?',
    id,
  )
  const claimableAt = job?.leased_until ?? job?.due_at ?? Number.POSITIVE_INFINITY
  const hasLease = (job?.lease ?? '') !== ''
  return { row: JSON.stringify(job), isDue: claimableAt <= world.edges.now(), hasLease }
}

function isBusy({ isDue, hasLease }: JobState): boolean {
  return isDue || hasLease
}

/** Waits until the provider has the job's tasks. */
export async function untilSubmitted(id: string): Promise<JobView> {
  return untilJob(id, (job) => job.status !== 'queued')
}

/** Waits until the caller has received this many attempts for the job, and returns them. */
export async function untilNotified(id: string, attempts = 1) {
  await vi.waitUntil(() => world.caller.receivedFor(id).length >= attempts, { timeout: 60_000, interval: 10 })
  return world.caller.receivedFor(id)
}

/** Runs the cron trigger. */
export async function sweep(): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled?.(createScheduledController(), env, context)
  await waitOnExecutionContext(context)
}

/** The tasks that the simulator bills for this job. The callback URL contains the job's id. */
export function billsFor(jobId: string) {
  return world.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(jobId))
}

/** Waits until the journal has this many different webhooks of the job. */
export async function untilJournaled(id: string, count: number): Promise<void> {
  const statement = env.DB.prepare('SELECT count(*) AS count FROM webhooks WHERE job_id = ?').bind(id)
  await vi.waitUntil(async () => (await statement.first('count')) === count, {
    timeout: 60_000,
    interval: 10,
  })
}

/** Waits until this many webhooks of the job have arrived after its end. */
export async function untilLateWebhooks(id: string, count: number): Promise<void> {
  const statement = env.DB.prepare('SELECT late_webhooks AS count FROM jobs WHERE id = ?').bind(id)
  await vi.waitUntil(async () => (await statement.first('count')) === count, {
    timeout: 60_000,
    interval: 10,
  })
}

/** Every row of a job but the journal and the count of late webhooks. None may change once the job is settled. */
export async function rowsOf(id: string) {
  const all = (sql: string) => env.DB.prepare(sql).bind(id).all()
  const [jobs, tasks, outputs, events, deliveries] = await Promise.all([
    all('SELECT * FROM jobs WHERE id = ?'),
    all('SELECT * FROM tasks WHERE job_id = ?'),
    all('SELECT * FROM outputs WHERE job_id = ?'),
    all('SELECT * FROM events WHERE job_id = ?'),
    all(
      'SELECT id, event_id, coalesce(body, (SELECT body FROM events WHERE events.job_id = deliveries.job_id AND events.id = event_id)) AS body FROM deliveries WHERE job_id = ?',
    ),
  ])
  const settled = jobs.results.map(({ late_webhooks: _count, late_webhook_at: _at, ...row }) => row)
  return [settled, ...[tasks, outputs, events, deliveries].map(({ results }) => results)]
}
