/**
 * A run: the steps that one message takes of its job. Steps that follow each other at once, from the poll that finds the
 * outputs to the job's end, share one commit.
 *
 * A run is stepwise, and commits each step by itself, in two cases: an earlier step of the job has crashed, so that a step
 * that crashes each time repeats nothing but itself; or a copy is long, so that a crash does not repeat it.
 */
import { type Claim, needsRenewal } from '../store/jobs/claim.ts'
import { claimAfter, mergeSteps, type OngoingStep, type Step } from '../store/jobs/step.ts'
import type { Allowance } from './allowance.ts'

export interface Run {
  /** As it is in the database. */
  claim: Claim
  /** The steps since then, merged. Null: there are none. */
  uncommitted: OngoingStep | null
  isStepwise: boolean
  allowance: Allowance
}

export function beginRun(claim: Claim, allowance: Allowance): Run {
  return { claim, uncommitted: null, isStepwise: claim.job.isTakenOver, allowance }
}

/** The claim after the steps that are not committed yet. */
export function claimOf({ claim, uncommitted }: Run): Claim {
  return uncommitted === null ? claim : claimAfter(claim, uncommitted)
}

/** The step and the ones before it, as one commit writes them. */
export function withUncommitted<S extends Step>({ uncommitted }: Run, step: S): S {
  return uncommitted === null ? step : mergeSteps(uncommitted, step)
}

/**
 * Whether the next step may begin before this one is committed. A crash then repeats a poll or a short copy. It must not
 * repeat a submission.
 */
export function mayFollow({ isStepwise, claim }: Run, step: Step, nowMs: number): step is OngoingStep {
  const isRepeatable = claim.job.status !== 'queued'
  return step.next === 'now' && isRepeatable && !isStepwise && !needsRenewal(claim.job, nowMs)
}
