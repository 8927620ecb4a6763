/** After a refusal: retry the same task later, go to the next provider, or end. Nothing was bought. */
import type { Context } from '../../context.ts'
import { allowsFailover } from '../../core/fault.ts'
import { isReplaced } from '../../core/job/task.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { submitWaitMs } from '../../core/schedule/waits.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { type Changes, changes } from '../../store/jobs/step.ts'
import type { Refused } from './attempt.ts'
import { otherProviders } from './other-providers.ts'

type Decision =
  | { action: 'retry'; waitMs: number }
  | { action: 'next_provider'; provider: ProviderName }
  | { action: 'end' }

/** Where another provider is allowed, this one is not tried again after this many refusals. */
const maxAttemptsBeforeFailover = 3

export function afterRefusal(claim: Claim, refused: Refused, nowMs: number): Decision {
  const { task, fault, isFinal } = refused
  const others = otherProviders(claim, task)
  const waitMs = Math.max(submitWaitMs(task.attempts), fault.retryAfterMs ?? 0)
  const isExhausted = task.attempts >= maxAttemptsBeforeFailover && others.length > 0
  if (!isFinal && !isExhausted && nowMs + waitMs < claim.job.deadlineAt) return { action: 'retry', waitMs }
  const [provider] = others
  // A job that may have bought something stays at its provider.
  const isNothingBought = claim.tasks.every(
    (other) => other.n === task.n || other.status === 'rejected' || isReplaced(other),
  )
  return isNothingBought && provider !== undefined && allowsFailover(fault.code)
    ? { action: 'next_provider', provider }
    : { action: 'end' }
}

export function deferTask({ now }: Context, { task, fault }: Refused, waitMs: number): Changes {
  const data = { provider: task.provider, fault: fault.code, message: fault.message, wait_ms: waitMs }
  return changes({
    tasks: [{ ...task, status: 'deferred', fault }],
    // The timeline shows the first refusal; the task's attempts count the others.
    events: task.attempts === 1 ? [draftEvent('task.deferred', data, now())] : [],
  })
}
