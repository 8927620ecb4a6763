/** The delivery log, as the API shows it. */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { eventBody } from '../../src/core/event-body.ts'
import { openDatabase } from '../../src/store/database.ts'
import { draftDelivery, insertDelivery } from '../../src/store/deliveries/claim.ts'
import { api, getJob, postJob, untilStatus } from './reelhook.ts'
import worker from './worker.ts'
import { world } from './world.ts'

export interface DeliveryView {
  id: string
  job_id: string
  endpoint_id: string | null
  event_id: string
  event_type: string
  format: string
  url: string
  status: 'pending' | 'delivered' | 'failed'
  reason: string | null
  next_attempt_at: string | null
  created_at: string
  attempt_count: number
  attempts: {
    n: number
    started_at: string
    duration_ms: number
    status: number | null
    error: string | null
    response_headers: Record<string, string> | null
    response_body: string | null
  }[]
}

export async function deliveriesOf(jobId: string): Promise<DeliveryView[]> {
  const response = await api(`/v1/deliveries?job_id=${jobId}`)
  expect(response.status).toBe(200)
  return (await response.json<{ data: DeliveryView[] }>()).data
}

/** Waits until the job's one delivery is as wanted. */
export async function untilDelivery(
  jobId: string,
  isAsWanted: (delivery: DeliveryView) => boolean,
): Promise<DeliveryView> {
  return vi.waitFor(
    async () => {
      const [delivery, ...others] = await deliveriesOf(jobId)
      if (delivery === undefined || others.length > 0) throw new Error('there is not one delivery')
      if (!isAsWanted(delivery)) throw new Error(`the delivery is ${JSON.stringify(delivery)}`)
      return delivery
    },
    { timeout: 60_000, interval: 10 },
  )
}

/** A job that fails at once, so that its caller is notified without advancing the clock. */
export async function notifyOfFailure(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await postJob({ prompt: 'A paper boat sim(submit=402)', ...overrides })
  await untilStatus(id, 'failed')
  return id
}

/** Notifies a caller that gives this response once; returns the delivery after that attempt. */
export async function notifyOnce(answer: () => Response): Promise<DeliveryView> {
  world.caller.respondNext(answer)
  return untilDelivery(await notifyOfFailure(), ({ attempts }) => attempts.length === 1)
}

/** Processes the queue message of a delivery, this many times at once. */
export async function wakeDelivery(id: string, times = 1, settings: Partial<Env> = {}): Promise<void> {
  const batches = Array.from({ length: times }, (_, n) =>
    createMessageBatch('reelhook-deliveries', [
      { id: `${n}`, timestamp: new Date(), attempts: 1, body: { delivery: id } },
    ]),
  )
  const environment = { ...env, ...settings }
  await Promise.all(
    batches.map(async (batch) => worker.queue?.(batch, environment, createExecutionContext())),
  )
}

/** Deliveries of one settled job of the key, all due now, without queue messages. */
export async function insertDeliveries(count: number, url: string, apiKeyId = 'admin'): Promise<string[]> {
  const jobId = await notifyOfFailure({ callback_url: undefined, callback_secret: undefined })
  await env.DB.prepare(
    'UPDATE jobs SET callback_secret = (SELECT callback_secret FROM jobs WHERE id = ?), api_key_id = ? WHERE id = ?',
  )
    .bind(await notifyOfFailure(), apiKeyId, jobId)
    .run()
  const db = openDatabase(env.DB)
  const job = await getJob(jobId)
  const drafts = Array.from({ length: count }, (_, n) =>
    draftDelivery(jobId, {
      endpointId: null,
      project: null,
      eventId: `evt_${n}`,
      eventType: 'job.failed' as const,
      format: 'reelhook' as const,
      url,
      body: eventBody('job.failed', world.edges.now(), { ...job, metadata: { n: `${n}` } }),
    }),
  )
  const [first, ...rest] = drafts.map((draft) => insertDelivery(db, jobId, draft, world.edges.now()))
  if (first !== undefined) await db.batch([first, ...rest])
  return drafts.map(({ id }) => id)
}

/** Processes the queue messages of these deliveries as the platform does: four a batch, all batches at once. */
export async function processDeliveries(ids: string[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(ids.length / 4) }, (_, n) =>
    createMessageBatch(
      'reelhook-deliveries',
      ids.slice(n * 4, n * 4 + 4).map((delivery) => ({
        id: delivery,
        timestamp: new Date(),
        attempts: 1,
        body: { delivery },
      })),
    ),
  )
  await Promise.all(batches.map(async (batch) => worker.queue?.(batch, env, createExecutionContext())))
}
