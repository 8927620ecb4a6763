/**
 * The cost of a job. It is reported only if it covers everything that was or may have been bought: a caller would
 * mistake a partial sum for the bill. No I/O. No clock.
 */

import { addCosts, type Cost, type Estimates, shareOfCost } from '../cost.ts'
import type { Fault } from '../fault.ts'
import type { ProviderName } from '../request/choices.ts'
import type { JobRequest } from '../request/request.ts'
import { openEnds } from './cancellation.ts'
import { isReplaced, mayBeBought, type TaskStatus } from './task.ts'

export interface CostedJob {
  provider: ProviderName
  request: Pick<JobRequest, 'count'>
  estimates: Estimates
  settledAt: number | null
}

export interface CostedTask {
  provider: ProviderName
  wanted: number
  status: TaskStatus
  endedAt: number | null
  unknownAt: number | null
  cost: Cost | null
  fault: Fault | null
}

const nothing: Cost = { amount_usd: 0, source: 'provider' }

/** Until the job has ended, an estimate is used while a part is unreported. Null: unknown. */
export function costOfJob(job: CostedJob, tasks: readonly CostedTask[]): Cost | null {
  const bought = tasks.filter(mayBeBought)
  const isEnded = job.settledAt !== null
  if (isEnded && bought.length === 0) return nothing
  const total = addCosts(
    bought.map((task) => (mayStillBeBilled(task, isEnded) ? null : costOfTask(job, tasks, task))),
  )
  if (isEnded) return total
  // The estimate does not include a task that replaced another.
  if (bought.some(isReplaced)) return null
  const covered = bought.reduce((sum, { wanted }) => sum + wanted, 0)
  return covered >= job.request.count && total !== null ? total : (job.estimates[job.provider] ?? null)
}

/**
 * The reported cost of a task. If there is none and the task succeeded, an estimate: its share of the job's estimate, or
 * the cost of an equal task. A failed task is never estimated.
 */
export function costOfTask(job: CostedJob, tasks: readonly CostedTask[], task: CostedTask): Cost | null {
  if (task.cost !== null) return task.cost
  if (task.status !== 'succeeded' || task.fault !== null) return null
  const estimate = job.estimates[task.provider]
  if (estimate !== undefined) return shareOfCost(estimate, task.wanted, job.request.count)
  const twin = tasks.find(
    (other) => other.provider === task.provider && other.status === 'succeeded' && other.cost !== null,
  )
  if (twin?.cost == null || twin.fault !== null) return null
  return { ...shareOfCost(twin.cost, task.wanted, twin.wanted), source: 'provider_estimate' }
}

/** Whether a bill may still arrive, or may differ from the reported cost because the task is no longer polled. */
function mayStillBeBilled({ status, fault }: CostedTask, isEnded: boolean): boolean {
  switch (status) {
    case 'intended':
    case 'unknown':
      return true
    case 'submitted':
      return isEnded
    case 'failed':
    case 'succeeded':
      return fault !== null && openEnds.includes(fault.code)
    case 'preparing':
    case 'deferred':
    case 'rejected':
      return false
  }
}
