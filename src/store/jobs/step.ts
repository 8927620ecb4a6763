/** Step: what one step changes of its job, and what comes next. Its commit and its events are made from the same step. */
import type { Fault } from '../../core/fault.ts'
import { canBecome, type JobStatus, type UnsettledStatus } from '../../core/job/job.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { eraseAtOf } from '../../core/retention.ts'
import type { Submission } from '../choice/refusals.ts'
import type { DeliveryDraft } from '../deliveries/claim.ts'
import type { EventDraft } from '../events.ts'
import type { Claim, ClaimedJob } from './claim.ts'
import type { Job } from './jobs.ts'
import type { OutputHost } from './output-hosts.ts'
import type { Output } from './outputs.ts'
import type { Task } from './tasks.ts'

export type Step = OngoingStep | LastStep

export interface Changes {
  /** The provider that makes the job from now on. */
  provider?: ProviderName
  progress?: number | null
  tasks: Task[]
  outputs: Output[]
  /** Hosts that a provider's status response named for its videos. */
  hosts: OutputHost[]
  events: EventDraft[]
  deliveries: DeliveryDraft[]
  /** The results of calls to submit, for the order of providers. */
  submissions: Submission[]
  /** The providers where the job waits for a slot from now on; empty: it does not wait. */
  waitsFor: readonly ProviderName[]
}

/** `now`: the next step follows under the same lease. Otherwise the row is released until then. */
export type OngoingStep = Changes & { status: UnsettledStatus; next: 'now' | { waitMs: number } }

type LastStep = Changes & { next: 'settled'; settledAt: number } & Ending

export type Ending = { status: 'succeeded' } | { status: 'failed'; fault: Fault }

/** The given changes, and no others. */
export function changes(given: Partial<Changes> = {}): Changes {
  return {
    tasks: [],
    outputs: [],
    hosts: [],
    events: [],
    deliveries: [],
    submissions: [],
    waitsFor: [],
    ...given,
  }
}

/** One step that does what both do. Where both set the same row or field, the second wins. */
export function thenStep<S extends Step>(first: Changes, second: S): S {
  return {
    ...(first.provider !== undefined && { provider: first.provider }),
    ...(first.progress !== undefined && { progress: first.progress }),
    ...second,
    tasks: mergeRows(first.tasks, second.tasks),
    outputs: mergeRows(first.outputs, second.outputs),
    hosts: [...first.hosts, ...second.hosts],
    events: [...first.events, ...second.events],
    deliveries: [...first.deliveries, ...second.deliveries],
    submissions: [...first.submissions, ...second.submissions],
  }
}

/** Two steps in one commit. */
export function mergeSteps<S extends Step>(first: OngoingStep, second: S): S {
  checkStatus(first.status, second.status)
  return thenStep(first, second)
}

/** The claim under which the next step follows at once. */
export function claimAfter(claim: Claim, step: OngoingStep): Claim {
  const { job } = claim
  const { status, provider = job.provider, progress = job.progress } = step
  const waitingSince = step.waitsFor.length === 0 ? null : job.waitingSince
  return applyChanges(
    { ...claim, job: { ...job, status, provider, progress, waitingSince, isTakenOver: false } },
    step,
  )
}

function checkStatus(from: JobStatus, to: JobStatus): void {
  if (from !== to && !canBecome(from, to)) throw new Error(`a ${from} job cannot become ${to}`)
}

/** The claim with the changed tasks and outputs in their places, before they are committed. */
export function applyChanges<C extends Pick<Claim, 'tasks' | 'outputs'>>(
  claim: C,
  { tasks, outputs }: Pick<Changes, 'tasks' | 'outputs'>,
): C {
  return {
    ...claim,
    tasks: mergeRows(claim.tasks, tasks),
    outputs: mergeRows(claim.outputs, outputs),
  }
}

/** The job's row after the step: the commit writes it, and the last event shows it. */
export function jobAfter(job: ClaimedJob, step: Step): Job {
  const after = {
    ...job,
    provider: step.provider ?? job.provider,
    progress: step.progress === undefined ? job.progress : step.progress,
  }
  if (step.next !== 'settled') {
    return { ...after, status: step.status, settledAt: null, eraseAt: null, fault: null }
  }
  const { settledAt } = step
  const eraseAt = eraseAtOf(job.request, settledAt)
  return step.status === 'failed'
    ? { ...after, status: step.status, settledAt, eraseAt, fault: step.fault }
    : { ...after, status: step.status, settledAt, eraseAt, fault: null }
}

/** The rows by number, the changed ones in place of the old. */
function mergeRows<T extends { n: number }>(rows: T[], changed: T[]): T[] {
  const byNumber = new Map([...rows, ...changed].map((row) => [row.n, row]))
  return [...byNumber.values()].sort((a, b) => a.n - b.n)
}
