/**
 * Which steps one queue message may run. A copy takes up to 12 minutes and a consumer has 15, so a message begins at most
 * one copy, and after a minute only the short steps that follow a copy: their sum stays under 14 minutes. No copy and no
 * poll runs in a message of the queue for submissions, so that no submission waits behind one.
 */
import type { UnsettledStatus } from '../core/job/job.ts'
import type { Claim } from '../store/jobs/claim.ts'
import { applyChanges, type Step } from '../store/jobs/step.ts'
import { isCopyNext } from './save/save.ts'

export interface Allowance {
  steps: 'of_queued_jobs' | 'all_with_one_copy' | 'all_without_copy'
  /** No long step begins after it. */
  until: number
}

/** The allowance once the step of this claim has begun. */
export function lessStep(allowance: Allowance, claim: Claim): Allowance {
  return isCopyNext(claim) ? { ...allowance, steps: 'all_without_copy' } : allowance
}

/** The step with the row released after it, if the next step is for another message. */
export function within(allowance: Allowance, claim: Claim, step: Step, nowMs: number): Step {
  if (step.next !== 'now') return step
  const { status } = step
  const after = applyChanges({ ...claim, job: { ...claim.job, status } }, step)
  return mayBegin(allowance, { status, isCopy: isCopyNext(after) }, nowMs)
    ? step
    : { ...step, next: { waitMs: 0 } }
}

/** Whether this message may claim the row once more. Its next step may be a copy if outputs are being stored. */
export function mayClaim(allowance: Allowance, status: UnsettledStatus, nowMs: number): boolean {
  return mayBegin(allowance, { status, isCopy: status === 'storing' }, nowMs)
}

function mayBegin(
  { steps, until }: Allowance,
  { status, isCopy }: { status: UnsettledStatus; isCopy: boolean },
  nowMs: number,
): boolean {
  // Reading a header and settling are short.
  const isShort = status === 'storing' && !isCopy
  if (nowMs > until && !isShort) return false
  switch (steps) {
    case 'of_queued_jobs':
      return status === 'queued'
    case 'all_with_one_copy':
      return true
    case 'all_without_copy':
      return !isCopy
  }
}
