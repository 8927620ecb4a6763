/**
 * Nudges: queue messages that say "look at this row". They carry no truth, so a failed send is only logged: the
 * sweep finds the row. A webhook is the exception: its body rides on the queue until it is journaled.
 */
import { z } from 'zod'
import { providerNames } from './core/request/request.ts'
import { sweepEveryMs } from './core/schedule.ts'
import { describeError, type Log } from './log.ts'

export const messageSchema = z.union([
  z.object({ job: z.string() }),
  z.object({ delivery: z.string() }),
  z.object({
    webhook: z.object({
      jobId: z.string(),
      provider: z.enum(providerNames),
      hash: z.string(),
      body: z.string(),
      receivedAt: z.number(),
    }),
  }),
])

export type QueueMessage = z.infer<typeof messageSchema>

export interface Queues {
  /** Sends a job's nudge for when it is due; a wait that the sweep covers costs no message. */
  job(id: string, waitMs: number): Promise<void>
  delivery(id: string, waitMs: number): Promise<void>
  jobs(ids: string[]): Promise<void>
  deliveries(ids: string[]): Promise<void>
  /** Throws when the queue did not take it. */
  webhook(webhook: Extract<QueueMessage, { webhook: unknown }>['webhook']): Promise<void>
  /** What lies on the queues. Throws when one does not answer. */
  waiting(): Promise<{ count: number; oldestAt: number | null }>
}

// The most that one sendBatch takes.
const batchSize = 100

export function createQueues(jobQueue: Queue, deliveryQueue: Queue, log: Log): Queues {
  const send = async (queue: Queue, nudges: QueueMessage[], waitMs: number) => {
    if (waitMs >= sweepEveryMs) return
    // Queues count whole seconds: rounded up, so that the row is due when the nudge comes.
    const delaySeconds = Math.ceil(Math.max(0, waitMs) / 1_000)
    try {
      for (let first = 0; first < nudges.length; first += batchSize) {
        await queue.sendBatch(nudges.slice(first, first + batchSize).map((body) => ({ body, delaySeconds })))
      }
    } catch (error) {
      log('wake_up.lost', { count: nudges.length, error: describeError(error) })
    }
  }
  return {
    job: (job, waitMs) => send(jobQueue, [{ job }], waitMs),
    delivery: (delivery, waitMs) => send(deliveryQueue, [{ delivery }], waitMs),
    jobs: (ids) =>
      send(
        jobQueue,
        ids.map((job) => ({ job })),
        0,
      ),
    deliveries: (ids) =>
      send(
        deliveryQueue,
        ids.map((delivery) => ({ delivery })),
        0,
      ),
    webhook: async (webhook) => {
      await jobQueue.send({ webhook })
    },
    waiting: async () => {
      const queues = await Promise.all([jobQueue.metrics(), deliveryQueue.metrics()])
      const times = queues.flatMap(({ oldestMessageTimestamp }) => oldestMessageTimestamp?.getTime() ?? [])
      return {
        count: queues.reduce((sum, { backlogCount }) => sum + backlogCount, 0),
        oldestAt: times.length === 0 ? null : Math.min(...times),
      }
    },
  }
}
