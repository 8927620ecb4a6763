/**
 * Wake-ups: queue messages that name a row to look at. A lost wake-up costs only time, because the sweep finds the row,
 * so a failed send is only logged. There are two exceptions. Until a webhook is journaled, its body is only in the queue. And a
 * lost `cancel` costs money: the task may be made and billed, which the canceled job says until its provider confirms.
 *
 *   queue       messages         carries
 *   JOBS        job              queued jobs: submissions. They never wait behind a poll or a copy.
 *               cancel           tasks of canceled jobs, which their providers are asked to cancel before they begin
 *   RESULTS     result, webhook  jobs that a provider has, and what providers send. A message may copy one video.
 *               late             late checks of jobs that failed at their deadline; the same limit
 *               export           copies of stored videos to the export bucket
 *   DELIVERIES  delivery         notifications that the message which ends the job does not attempt
 */
import { z } from 'zod'
import type { DueExport } from './core/export.ts'
import type { DueJob } from './core/job/job.ts'
import { providerNames } from './core/request/choices.ts'
import { sweepEveryMs } from './core/schedule/jobs.ts'
import { describeError, type Log } from './log.ts'

export const messageSchema = z.union([
  z.object({ job: z.string() }),
  z.object({ result: z.string() }),
  z.object({ late: z.string() }),
  z.object({ cancel: z.object({ jobId: z.string(), attempt: z.number() }) }),
  z.object({ delivery: z.string() }),
  z.object({ export: z.object({ jobId: z.string(), n: z.number() }) }),
  z.object({
    webhook: z.object({
      jobId: z.string(),
      provider: z.enum(providerNames),
      hash: z.string(),
      body: z.string(),
      receivedAt: z.number(),
      signature: z.object({ headers: z.record(z.string(), z.string()), bodyHash: z.string() }).optional(),
    }),
  }),
])

export type QueueMessage = z.infer<typeof messageSchema>

export interface Queues {
  /** Wakes the job after the wait, on the queue of its status. No message is sent for a wait that the sweep covers. */
  job(job: DueJob, waitMs: number): Promise<void>
  delivery(id: string, waitMs: number): Promise<void>
  jobs(jobs: DueJob[]): Promise<void>
  deliveries(ids: string[]): Promise<void>
  exports(exports: DueExport[], waitMs: number): Promise<void>
  /** Wakes a job whose provider sent something. Its status is not known: any step may follow. */
  result(jobId: string): Promise<void>
  /** Wakes the late checks of these jobs. */
  late(jobIds: string[], waitMs: number): Promise<void>
  /** Asks the providers to cancel the tasks of a canceled job. `attempt`: counts from 0. */
  cancel(jobId: string, attempt: number, waitMs: number): Promise<void>
  /** Throws if the queue does not accept it. */
  webhook(webhook: Extract<QueueMessage, { webhook: unknown }>['webhook']): Promise<void>
  /** How many messages wait in all queues, and since when. Throws if a queue does not respond. */
  waiting(): Promise<{ count: number; oldestAt: number | null }>
}

type Bindings = Record<'JOBS' | 'RESULTS' | 'DELIVERIES', Queue>

// The limit of sendBatch.
const maxBatchSize = 100

export function createQueues({ JOBS, RESULTS, DELIVERIES }: Bindings, log: Log): Queues {
  const send = async (queue: Queue, messages: QueueMessage[], waitMs: number) => {
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
  const wake = async (queue: Queue, messages: QueueMessage[], waitMs: number) => {
    if (waitMs < sweepEveryMs) await send(queue, messages, waitMs)
  }
  const sendJobs = async (jobs: DueJob[], waitMs: number) => {
    const [queued, begun] = [jobs.filter(isQueued), jobs.filter((job) => !isQueued(job))]
    await wake(
      JOBS,
      queued.map(({ id }) => ({ job: id })),
      waitMs,
    )
    await wake(
      RESULTS,
      begun.map(({ id }) => ({ result: id })),
      waitMs,
    )
  }
  return {
    job: (job, waitMs) => sendJobs([job], waitMs),
    delivery: (delivery, waitMs) => wake(DELIVERIES, [{ delivery }], waitMs),
    jobs: (jobs) => sendJobs(jobs, 0),
    deliveries: (ids) =>
      wake(
        DELIVERIES,
        ids.map((delivery) => ({ delivery })),
        0,
      ),
    exports: (exports, waitMs) =>
      wake(
        RESULTS,
        exports.map((due) => ({ export: due })),
        waitMs,
      ),
    result: (result) => wake(RESULTS, [{ result }], 0),
    late: (ids, waitMs) =>
      wake(
        RESULTS,
        ids.map((late) => ({ late })),
        waitMs,
      ),
    cancel: (jobId, attempt, waitMs) => send(JOBS, [{ cancel: { jobId, attempt } }], waitMs),
    webhook: async (webhook) => {
      await RESULTS.send({ webhook })
    },
    waiting: async () => {
      const queues = await Promise.all([JOBS, RESULTS, DELIVERIES].map((queue) => queue.metrics()))
      const times = queues.flatMap(({ oldestMessageTimestamp }) => oldestMessageTimestamp?.getTime() ?? [])
      return {
        count: queues.reduce((sum, { backlogCount }) => sum + backlogCount, 0),
        oldestAt: times.length === 0 ? null : Math.min(...times),
      }
    },
  }
}

function isQueued({ status }: DueJob): boolean {
  return status === 'queued'
}
