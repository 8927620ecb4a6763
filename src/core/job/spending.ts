/**
 * The possible and the actual cost of a job, for the monthly budget of its API key. Money is in millionths of a US dollar
 * (micros). No I/O. No clock.
 */
import type { Estimates } from '../cost.ts'
import type { JobRequest } from '../request/request.ts'
import { type CostedJob, type CostedTask, costOfTask } from './cost.ts'
import { mayBeBought } from './task.ts'

const microsPerUsd = 1_000_000

export function inMicros(usd: number): number {
  return Math.round(usd * microsPerUsd)
}

export function inUsd(micros: number): number {
  return micros / microsPerUsd
}

/** The calendar month in UTC, as YYYY-MM. */
export function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7)
}

export function endOfMonth(timeMs: number): number {
  const time = new Date(timeMs)
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1)
}

/** The largest estimate of the providers that may be tried. Twice that, if the caller allows a second purchase. */
export function mayCostMicros(
  estimates: Estimates,
  { resubmit_unknown }: Pick<JobRequest, 'resubmit_unknown'>,
): number {
  const usd = Object.values(estimates).map(({ amount_usd = 0 }) => amount_usd)
  return inMicros(Math.max(0, ...usd)) * (resubmit_unknown ? 2 : 1)
}

interface ReservedJob extends CostedJob {
  damaged: readonly string[]
  reservedMicros: number | null
}

/**
 * The sum of the tasks' costs at the end of the job. A task that may be billed and whose cost is unknown counts with its
 * share of the estimate.
 */
export function spentMicros(job: ReservedJob, tasks: readonly CostedTask[]): number {
  const reserved = job.reservedMicros ?? 0
  const bought = tasks.filter(mayBeBought)
  if (bought.length === 0) return 0
  // Neither the number of videos nor the estimates may be right.
  if (job.damaged.includes('request') || job.damaged.includes('estimates')) return reserved
  const costs = bought.map((task) => {
    const known = costOfTask(job, tasks, task)?.amount_usd
    if (known !== undefined) return known
    const estimate = job.estimates[task.provider]?.amount_usd ?? inUsd(reserved)
    return (estimate * task.wanted) / job.request.count
  })
  return inMicros(costs.reduce((sum, cost) => sum + cost, 0))
}
