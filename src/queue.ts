/**
 * Wake-ups: queue messages that name a row to look at. A lost wake-up costs only time, because the sweep finds the row,
 * so a failed send is only logged. A webhook is the exception: until it is journaled, its body is only in the queue.
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
  /** Wakes the job after the wait. No message is sent for a wait that the sweep covers. */
  job(id: string, waitMs: number): Promise<void>
  delivery(id: string, waitMs: number): Promise<void>
  jobs(ids: string[]): Promise<void>
  deliveries(ids: string[]): Promise<void>
  /** Throws if the queue does not accept it. */
  webhook(webhook: Extract<QueueMessage, { webhook: unknown }>['webhook']): Promise<void>
  /** How many messages wait in both queues, and since when. Throws if a queue does not respond. */
  waiting(): Promise<{ count: number; oldestAt: number | null }>
}

// The limit of sendBatch.
const maxBatchSize = 100

export function createQueues(jobQueue: Queue, deliveryQueue: Queue, log: Log): Queues {
  const send = async (queue: Queue, messages: QueueMessage[], waitMs: number) => {
    if (waitMs >= sweepEveryMs) return
    // Queues delay by whole seconds: rounded up, so that the row is due when the message arrives.
    const delaySeconds = Math.ceil(Math.max(0, waitMs) / 1_000)
    try {
      for (let first = 0; first < messages.length; first += maxBatchSize) {
        await queue.sendBatch(
          messages.slice(first, first + maxBatchSize).map((body) => ({ body, delaySeconds })),
        )
      }
    } catch (error) {
      log('wake_up.lost', { count: messages.length, error: describeError(error) })
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
