/** Counts an ended job for the statistics. No I/O. No clock. */
import { timeCountOf } from '../choice/measured-times.ts'
import type { Cost } from '../cost.ts'
import type { FaultCode } from '../fault-codes.ts'
import { bucketOf } from '../histogram.ts'
import type { ProviderName, Resolution } from '../request/choices.ts'
import { type CostedJob, type CostedTask, costOfTask } from './cost.ts'
import type { JobStatus } from './job.ts'
import type { CompletionSource } from './task.ts'

interface EndedJob {
  job: CostedJob & {
    status: JobStatus
    request: { resolution: Resolution }
    fault: { code: FaultCode } | null
    createdAt: number
  }
  tasks: readonly (CostedTask & {
    completedVia: CompletionSource | null
    intendedAt: number
  })[]
  webhooks: readonly { provider: ProviderName; receivedAt: number }[]
}

export type Counts = Record<string, number>

/**
 * The counts under the provider of the job and of each task:
 * - a final status: the jobs that ended so; `fault_<code>`: the failed jobs by their fault;
 * - `finish_<bucket>`: the times from creation to success;
 * - `made_<resolution>_<bucket>`: the times from the submission of a task to its success, of tasks whose submission was answered;
 * - `tasks_succeeded`, `tasks_failed`: the tasks that succeeded, and those that failed through the provider;
 * - `via_<source>`: the tasks whose end was noticed so;
 * - `delay_<bucket>`: the times from the webhook to the task's end; `late_<bucket>`: from the end that a poll found to the webhook;
 * - `usd`, `credits`: the sums of the costs that the provider reported or its published prices give; `unreported`: the
 *   succeeded tasks without one.
 */
export function countsOf({ job, tasks, webhooks }: EndedJob): Map<ProviderName, Counts> {
  const counts = new Map<ProviderName, Counts>()
  const add = (provider: ProviderName, name: string, n = 1) => {
    const one = counts.get(provider) ?? {}
    counts.set(provider, { ...one, [name]: (one[name] ?? 0) + n })
  }
  add(job.provider, job.status)
  if (job.status === 'failed' && job.fault !== null) add(job.provider, `fault_${job.fault.code}`)
  if (job.status === 'succeeded' && job.settledAt !== null) {
    add(job.provider, `finish_${bucketOf(job.settledAt - job.createdAt)}`)
  }
  for (const task of tasks) {
    const { provider, completedVia, endedAt } = task
    if (task.status === 'succeeded' && task.unknownAt === null && endedAt !== null)
      add(provider, timeCountOf(job.request.resolution, endedAt - task.intendedAt))
    if (task.status === 'succeeded') add(provider, 'tasks_succeeded')
    else if (job.status !== 'canceled' && isOfProvider(task.fault)) add(provider, 'tasks_failed')
    if (completedVia !== null) add(provider, `via_${completedVia}`)
    const times = webhooks.filter((webhook) => webhook.provider === provider).map((one) => one.receivedAt)
    const delay = delayOf({ completedVia, endedAt }, times)
    if (delay !== null) add(provider, `${completedVia === 'webhook' ? 'delay' : 'late'}_${bucketOf(delay)}`)
    const cost = knownCostOf(job, tasks, task)
    if (cost?.amount_usd !== undefined) add(provider, 'usd', cost.amount_usd)
    if (cost !== null && 'credits' in cost) add(provider, 'credits', cost.credits)
    if (cost === null && task.status === 'succeeded') add(provider, 'unreported')
  }
  return counts
}

/** Reported by the provider, or by its published prices. An estimate is no bill. */
function knownCostOf(job: EndedJob['job'], tasks: EndedJob['tasks'], task: CostedTask): Cost | null {
  const cost = costOfTask(job, tasks, task)
  return cost === null || cost.source === 'provider_estimate' ? null : cost
}

/** Whether the provider or the account there failed, as opposed to the request or Reelhook. */
function isOfProvider(fault: { code: FaultCode } | null): boolean {
  return fault !== null && providerFaults.has(fault.code)
}

const providerFaults: ReadonlySet<FaultCode> = new Set([
  'auth',
  'out_of_credit',
  'not_entitled',
  'rate_limited',
  'maintenance',
  'unavailable',
  'provider_timeout',
  'provider_canceled',
  'answer_lost',
  'submit_unknown',
  'task_lost',
  'unreadable_answer',
  'deadline_exceeded',
])

/** From the last webhook before the end that it announced, or from the end that a poll found to the first webhook after it. */
export function delayOf(
  { completedVia, endedAt }: { completedVia: CompletionSource | null; endedAt: number | null },
  times: readonly number[],
): number | null {
  if (endedAt === null) return null
  switch (completedVia) {
    case 'webhook': {
      const before = times.filter((at) => at <= endedAt)
      return before.length === 0 ? null : endedAt - Math.max(...before)
    }
    case 'poll': {
      const after = times.filter((at) => at > endedAt)
      return after.length === 0 ? null : Math.min(...after) - endedAt
    }
    case 'upload':
    case null:
      return null
  }
}
