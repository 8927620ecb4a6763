/**
 * What a job costs. It is told only where it covers everything that was bought or may have been: a sum that leaves a
 * paid task out would be taken for the bill. No I/O. No clock.
 */
import { openEnds } from './cancellation.ts'
import { addCosts, type Cost, type Estimates, shareOfCost } from './cost.ts'
import type { Fault } from './fault.ts'
import type { JobRequest, ProviderName } from './request/request.ts'
import { isReplaced, mayBeBought, type TaskStatus } from './task.ts'

interface Job {
  provider: ProviderName
  request: Pick<JobRequest, 'count'>
  estimates: Estimates
  settledAt: number | null
}

interface Line {
  provider: ProviderName
  wanted: number
  status: TaskStatus
  endedAt: number | null
  unknownAt: number | null
  cost: Cost | null
  fault: Fault | null
}

const nothing: Cost = { amount_usd: 0, source: 'provider' }

/** Before the end an estimate, until the provider has told all of it. Null: it is not known. */
export function costOfJob(job: Job, lines: readonly Line[]): Cost | null {
  const bought = lines.filter(mayBeBought)
  const isEnded = job.settledAt !== null
  if (isEnded && bought.length === 0) return nothing
  const told = addCosts(
    bought.map((line) => (mayStillBeBilled(line, isEnded) ? null : costOfTask(job, lines, line))),
  )
  if (isEnded) return told
  // What was submitted in place of another is not in the estimate.
  if (bought.some(isReplaced)) return null
  const covered = bought.reduce((sum, { wanted }) => sum + wanted, 0)
  return covered >= job.request.count && told !== null ? told : (job.estimates[job.provider] ?? null)
}

/**
 * What was told of the line; else, where it was made as asked, an estimate: its share of the job's, or what the same
 * cost on another line. What failed is not priced by a guess.
 */
export function costOfTask(job: Job, lines: readonly Line[], line: Line): Cost | null {
  if (line.cost !== null) return line.cost
  if (line.status !== 'succeeded' || line.fault !== null) return null
  const estimate = job.estimates[line.provider]
  if (estimate !== undefined) return shareOfCost(estimate, line.wanted, job.request.count)
  const twin = lines.find(
    (other) => other.provider === line.provider && other.status === 'succeeded' && other.cost !== null,
  )
  if (twin?.cost == null || twin.fault !== null) return null
  return { ...shareOfCost(twin.cost, line.wanted, twin.wanted), source: 'provider_estimate' }
}

/** Whether its bill may come yet, or may be another than was told, when nobody asks any more. */
function mayStillBeBilled({ status, fault }: Line, isEnded: boolean): boolean {
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
