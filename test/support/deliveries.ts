/** The delivery log, as the API shows it. */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { api, postJob, untilStatus } from './reelhook.ts'
import worker from './worker.ts'
import { world } from './world.ts'

export interface DeliveryView {
  id: string
  job_id: string
  event_id: string
  event_type: string
  url: string
  status: 'pending' | 'delivered' | 'failed'
  next_attempt_at: string | null
  created_at: string
  attempts: {
    n: number
    started_at: string
    duration_ms: number
    status: number | null
    error: string | null
    answer: string | null
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
    { timeout: 10_000, interval: 10 },
  )
}

/** A job that fails at once, so that its caller is told without the clock being turned. */
export async function tellOfFailure(overrides: Record<string, unknown> = {}): Promise<string> {
  const { id } = await postJob({ prompt: 'A paper boat sim(submit=402)', ...overrides })
  await untilStatus(id, 'failed')
  return id
}

/** The caller answers so, once, and the delivery is shown as that left it. */
export async function tellAndHear(answer: () => Response): Promise<DeliveryView> {
  world.caller.answerNext(answer)
  return untilDelivery(await tellOfFailure(), ({ attempts }) => attempts.length === 1)
}

/** What a delivery message on the queue does, as often as the queue brings it, all at once; with other settings. */
export async function nudgeDelivery(id: string, times = 1, settings: Partial<Env> = {}): Promise<void> {
  const batches = Array.from({ length: times }, (_, n) =>
    createMessageBatch('reelhook-deliveries', [
      { id: `${n}`, timestamp: new Date(), attempts: 1, body: { delivery: id } },
    ]),
  )
  const environment = { ...env, ...settings }
  await Promise.all(batches.map((batch) => worker.queue?.(batch, environment, createExecutionContext())))
}
