/** Uses Reelhook as its callers do, over its API. */
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { callbackSecret } from './caller.ts'
import { untilSeen } from './until-seen.ts'
import worker, { processed } from './worker.ts'
import { callerUrl, publicBaseUrl, world } from './world.ts'

const minuteMs = 60_000

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

/** The data of the first entry of that type. */
export async function eventOf(id: string, type: string): Promise<Record<string, unknown> | undefined> {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: Record<string, unknown> }[] }>()
  return data.find((event) => event.type === type)?.data
}

/** Waits until the job matches. The real queue needs some real time. */
export async function untilJob(id: string, isExpected: (job: JobView) => boolean): Promise<JobView> {
  const runCron = cronOfWait()
  return untilSeen(async () => {
    await runCron()
    const job = await getJob(id)
    if (!isExpected(job)) throw new Error(`the job is ${job.status}: ${JSON.stringify(job.fault)}`)
    return job
  })
}

export async function untilStatus(id: string, status: JobView['status']): Promise<JobView> {
  return untilJob(id, (job) => job.status === status)
}

/**
 * Advances the clock to the minute in which the job is due and sweeps, until the job matches. The clock stops while the job
 * is due or in a step, so that a busy machine does not carry it past its deadline; a step that does not end is taken for
 * dead. Reading the job costs more than all else, so it is read again only when its rows have changed.
 */
export async function passTimeUntil(id: string, isExpected: (job: JobView) => boolean): Promise<JobView> {
  const seen = { row: '', content: '', looks: 0 }
  let job: JobView | undefined
  return untilSeen(async () => {
    let state = await stateOf(id)
    while (job === undefined || state.content !== seen.content) {
      seen.content = state.content
      job = await getJob(id)
      if (isExpected(job)) return job
      // The clock passes by what is true after the read.
      state = await stateOf(id)
    }
    if (isExpected(job)) return job
    const isBusy = state.isDue || state.hasLease
    seen.looks = state.row === seen.row && isBusy ? seen.looks + 1 : 0
    seen.row = state.row
    const isRunning = state.hasLease && seen.looks < (processed.running > 0 ? 25 : 6)
    if (!state.isDue && !isRunning) await world.advance(untilNextStep(state))
    // The wake-up of a due job is in its queue, unless it is lost.
    if (state.isDue ? seen.looks % 3 === 0 : !isRunning) await sweep()
    throw new Error(`the job is still ${job.status}: ${JSON.stringify(job.fault)}`)
  }, 40)
}

/** Until then, the job waits, and its provider does nothing. A minute at a time after a dead step, and after the end. */
function untilNextStep({ hasLease, dueAt }: JobState): number {
  if (hasLease || dueAt === Number.POSITIVE_INFINITY) return minuteMs
  const idleMs = Math.min(dueAt, world.nextTimerAt()) - world.edges.now()
  return Math.min(Math.max(1, Math.ceil(idleMs / minuteMs)), 10) * minuteMs
}

interface JobState {
  row: string
  /** What the API shows of the job: no times of its steps. */
  content: string
  dueAt: number
  isDue: boolean
  hasLease: boolean
}

async function stateOf(id: string): Promise<JobState> {
  const all = (sql: string) => env.DB.prepare(sql).bind(id)
  const [jobs, ...others] = await env.DB.batch<Record<string, unknown>>([
    all('SELECT * FROM jobs WHERE id = ?'),
    all('SELECT * FROM tasks WHERE job_id = ?'),
    all('SELECT * FROM outputs WHERE job_id = ?'),
  ])
  const [job] = jobs?.results ?? []
  const { due_at, lease, leased_until, woken_at: _, ...shown } = job ?? {}
  const dueAt = Number(leased_until ?? due_at ?? Number.POSITIVE_INFINITY)
  return {
    row: JSON.stringify(job),
    content: JSON.stringify([shown, ...others.map(({ results }) => results)]),
    dueAt,
    isDue: dueAt <= world.edges.now(),
    hasLease: (lease ?? '') !== '',
  }
}

/** Waits until the provider has the job's tasks. */
export async function untilSubmitted(id: string): Promise<JobView> {
  return untilJob(id, (job) => job.status !== 'queued')
}

/** Waits until the caller has received this many attempts for the job, and returns them. */
export async function untilNotified(id: string, attempts = 1) {
  const runCron = cronOfWait()
  await vi.waitUntil(
    async () => {
      await runCron()
      return world.caller.receivedFor(id).length >= attempts
    },
    { timeout: 60_000, interval: 10 },
  )
  return world.caller.receivedFor(id)
}

/** Runs the cron every ten seconds of a wait, as the platform does each minute: queues may lose a message. */
function cronOfWait(): () => Promise<void> {
  let dueAt = Date.now() + cronEveryMs
  return async () => {
    if (Date.now() < dueAt) return
    dueAt = Date.now() + cronEveryMs
    await sweep()
  }
}

const cronEveryMs = 10_000

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
