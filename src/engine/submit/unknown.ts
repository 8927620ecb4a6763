/**
 * A submission whose response was lost. It is looked for first, and nothing is bought meanwhile, except in three
 * cases: the provider makes a repeat harmless, its list proves that nothing arrived, or the caller prefers the risk of a
 * second bill to a long wait.
 */
import type { Context } from '../../context.ts'
import type { Fault, Result } from '../../core/fault.ts'
import { isReplaced, mayBeBought } from '../../core/job/task.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Restoration } from '../../core/restoration.ts'
import { finalPollWindowMs, replaceAfterMs, soonMs } from '../../core/schedule/jobs.ts'
import { spread } from '../../core/schedule/waits.ts'
import type { Provider } from '../../providers/provider.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { type Changes, changes } from '../../store/jobs/step.ts'
import type { OpenTask, Task } from '../../store/jobs/tasks.ts'
import { absenceOf, absentFault, isInDoubt, unlistedSince } from './absence.ts'
import type { Attempt, Refused, Replaced, Unknown } from './attempt.ts'
import { neverResolved } from './close-task.ts'
import { isOnlyHere } from './forgotten.ts'
import { otherProviders } from './other-providers.ts'
import { namedIds, recoverAgainAfterMs, recoverSubmission } from './recover.ts'

/** The same task may be submitted again, because its provider makes the repeat harmless. */
interface Repeat {
  result: 'repeat'
  task: OpenTask
}

/** A task that is still `intended` under a new claim is unknown too: a crash hid the response. */
function isUnresolved(task: Task): task is OpenTask {
  return task.status === 'intended' || (task.status === 'unknown' && !isReplaced(task))
}

/** The task that may have been bought: nothing else is before it is resolved. */
export function unresolvedTask(claim: Claim, provider: Provider | undefined): OpenTask | undefined {
  const unresolved = claim.tasks.find(isUnresolved)
  if (unresolved !== undefined || provider === undefined) return unresolved
  const named = namedIds(claim, provider)
  const doubted = claim.tasks.find((task) => task.provider === provider.name && isInDoubt(task, named))
  return doubted?.status === 'deferred' ? { ...doubted, fault: null } : undefined
}

export async function resolveUnknown(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  { task: unresolved, restored }: { task: OpenTask; restored: Restoration | null },
): Promise<Attempt | Repeat> {
  const nowMs = context.now()
  const task: OpenTask = { ...unresolved, unknownAt: unresolved.unknownAt ?? nowMs }
  const recovered = await recoverSubmission(context, claim, provider, task)
  if (provider !== undefined && recovered.ok && typeof recovered.value !== 'string') {
    return { result: 'accepted', provider, task, submitted: recovered.value, isRecovered: true }
  }
  const absence = recovered.ok && recovered.value === 'unlisted' ? absenceOf(task, restored, nowMs) : null
  if (absence?.state === 'proven') {
    const named = provider === undefined ? [] : namedIds(claim, provider)
    return neverAccepted(task, absentFault(task.provider, named))
  }
  const untilEndMs = endsAt(claim, recovered) - context.now()
  if (untilEndMs <= 0) return { result: 'closed', task, status: 'failed', fault: neverResolved(task) }
  const isLate = context.now() >= claim.job.deadlineAt
  // Its successor may be forgotten too.
  const successor = restored === null ? successorOf(context, claim, task) : undefined
  const untilReplacedMs = replaceAt(task) - context.now()
  if (successor !== undefined && untilReplacedMs <= 0 && !isLate) {
    return { result: 'replaced', task, provider: successor }
  }
  const isHarmless = recovered.ok && provider?.capabilities.repeats === 'harmless'
  const isSafe = restored === null || isOnlyHere(claim, task, restored)
  if (isHarmless && isSafe && !isLate) return { result: 'repeat', task }
  const paceMs = isLate ? soonMs : (recoverAgainAfterMs(context, claim, provider, task) ?? untilEndMs)
  const waits = [
    waitAfterRefusal(context, recovered) ?? paceMs,
    untilEndMs,
    ...(successor === undefined ? [] : [untilReplacedMs]),
    ...(absence === null ? [] : [absence.lookInMs]),
  ]
  return {
    result: 'unknown',
    task,
    fault: unresolvedFault(task, recovered, absence?.since),
    waitMs: Math.min(...waits),
  }
}

/**
 * A provider limits how often its list is read, and sweeps wake searches together. With equal waits the first one would be
 * answered each time, and the others refused until their deadlines.
 */
function waitAfterRefusal({ chance }: Context, recovered: Result<unknown>): number | undefined {
  if (recovered.ok || recovered.fault.retryAfterMs === undefined) return undefined
  return spread(Math.max(soonMs, recovered.fault.retryAfterMs), chance())
}

/** The provider's list proves it (absence.ts), so it is refused like any submission that bought nothing. */
function neverAccepted(task: OpenTask, why: Fault): Refused {
  return { result: 'refused', task: { ...task, unknownAt: null }, fault: why, isFinal: false }
}

function unresolvedFault(task: OpenTask, recovered: Result<unknown>, since: number | undefined): Fault {
  if (recovered.ok) return withMemory(neverResolved(task), since)
  // A provider that could not be asked said nothing against what it showed before.
  return withMemory(recovered.fault, recovered.fault.code === 'answer_lost' ? undefined : unlistedSince(task))
}

function withMemory(why: Fault, since: number | undefined): Fault {
  return since === undefined ? why : { ...why, unlistedSince: since }
}

/** A provider that does not answer at the deadline is asked for some more minutes: the video may be made and paid for. */
function endsAt({ job }: Claim, recovered: Result<unknown>): number {
  const isUnanswered = !recovered.ok && recovered.fault.code !== 'answer_lost'
  return isUnanswered ? job.deadlineAt + finalPollWindowMs : job.deadlineAt
}

/** Where another task may be submitted instead: once per job, so that at most one task is bought twice. */
function successorOf({ providers }: Context, claim: Claim, task: Task): ProviderName | undefined {
  const { job, tasks } = claim
  const others = tasks.filter(({ n }) => n !== task.n)
  if (!job.request.resubmit_unknown || others.some(isReplaced)) return undefined
  // A job is at one provider at a time: what it has bought keeps it there.
  const elsewhere = others.some(mayBeBought) ? [] : otherProviders(claim, task)
  const next = elsewhere.find((name) => providers[name] !== undefined)
  // Where the same submission may be repeated without harm, a new one would only risk a second bill.
  const isHere = providers[task.provider]?.capabilities.repeats === 'billed_again'
  return next ?? (isHere ? task.provider : undefined)
}

function replaceAt({ unknownAt, intendedAt }: Task): number {
  return (unknownAt ?? intendedAt) + replaceAfterMs
}

export function markUnknown(context: Context, claim: Claim, { task, fault }: Unknown): Changes {
  // The timeline shows once that the task is unknown.
  const isNew = claim.tasks.find(({ n }) => n === task.n)?.unknownAt == null
  const data = { provider: task.provider, message: fault.message }
  return changes({
    tasks: [{ ...task, status: 'unknown', fault }],
    events: isNew ? [draftEvent('task.unknown', data, context.now())] : [],
  })
}

/** The task stays unknown for good, and the job goes to the provider of its successor. */
export function replaceTask(context: Context, { task, provider }: Replaced): Changes {
  const nowMs = context.now()
  const data = {
    provider: task.provider,
    next_provider: provider,
    message: `${task.provider} may bill the first submission too.`,
  }
  return changes({
    provider,
    tasks: [{ ...task, status: 'unknown', fault: neverResolved(task), endedAt: nowMs }],
    events: [draftEvent('task.resubmitted', data, nowMs)],
  })
}
