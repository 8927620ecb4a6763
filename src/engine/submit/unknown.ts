/**
 * resolve: a submission whose answer was lost. What became of it is found out first, and nothing is bought meanwhile,
 * but for two cases: the provider makes a repeat harmless, or the caller would rather risk a second bill than wait.
 */
import type { Context } from '../../context.ts'
import type { Fault, Result } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/request.ts'
import { finalPollWindowMs, replaceAfterMs, soonMs } from '../../core/schedule.ts'
import { resolveWaitMs } from '../../core/schedule-waits.ts'
import { isReplaced, mayBeBought } from '../../core/task.ts'
import type { Provider, Submitted } from '../../providers/provider.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { acceptTask } from './accepted.ts'
import { endSubmitting, neverResolved } from './finish.ts'
import { recoverAgainAfterMs, recoverSubmission } from './recover.ts'
import { otherProviders } from './refusal.ts'

/** The same line may be submitted again, because its provider makes the repeat harmless. */
interface Repeat {
  repeat: Task
  at: Provider
}

/** A line still `intended` under a fresh claim: a crash hid the answer, so it is unknown too. */
export function isUnresolved(task: Task): boolean {
  return task.status === 'intended' || (task.status === 'unknown' && !isReplaced(task))
}

export async function resolveUnknown(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  open: Task,
): Promise<Step | Repeat> {
  const line: Task = { ...open, unknownAt: open.unknownAt ?? context.now() }
  const identity = await recoverSubmission(context, claim, provider, line)
  if (provider !== undefined && identity.ok && identity.value !== 'not_found') {
    return found(context, claim, provider, { line, submitted: identity.value })
  }
  const untilEndMs = endsAt(claim, identity) - context.now()
  if (untilEndMs <= 0) return endSubmitting(context, claim, line, 'failed', neverResolved(line))
  const isLate = context.now() >= claim.job.deadlineAt
  const successor = successorOf(context, claim, line)
  const untilReplacedMs = successor === undefined ? null : replaceAt(line) - context.now()
  if (successor !== undefined && replaceAt(line) <= context.now() && !isLate) {
    return replace(context, line, successor)
  }
  if (provider !== undefined && identity.ok && provider.capabilities.repeats === 'harmless' && !isLate) {
    return { repeat: line, at: provider }
  }
  const step = markUnknown(context, claim, line, identity.ok ? neverResolved(line) : identity.fault)
  const paceMs = isLate ? soonMs : (recoverAgainAfterMs(context, claim, provider, line) ?? untilEndMs)
  return { ...step, next: { waitMs: Math.min(paceMs, untilEndMs, untilReplacedMs ?? untilEndMs) } }
}

/** The answer to a call is lost, or says nothing of an earlier one whose answer was. */
export function markUnknown(context: Context, claim: Claim, task: Task, why: Fault) {
  const nowMs = context.now()
  const unknownAt = task.unknownAt ?? nowMs
  // That it is unknown is on the timeline once.
  const isNews = claim.tasks.find(({ n }) => n === task.n)?.unknownAt == null
  const said = { provider: task.provider, message: why.message }
  return {
    ...changes({
      tasks: [{ ...task, status: 'unknown', unknownAt, fault: why }],
      events: isNews ? [draftEvent('task.unknown', said, nowMs)] : [],
    }),
    status: 'queued',
    next: { waitMs: resolveWaitMs(nowMs - unknownAt) },
  } satisfies Step
}

async function found(
  context: Context,
  claim: Claim,
  provider: Provider,
  { line, submitted }: { line: Task; submitted: Submitted },
): Promise<Step> {
  const step = await acceptTask(context, claim, provider, line, submitted)
  // It has been with the provider for a while, and may have ended already.
  return step.status === 'generating' ? { ...step, next: 'now' } : step
}

/** A provider that cannot be asked right at the deadline is asked on for a while: the video may be made and paid for. */
function endsAt({ job }: Claim, identity: Result<unknown>): number {
  const isUnheard = !identity.ok && identity.fault.code !== 'answer_lost'
  return isUnheard ? job.deadlineAt + finalPollWindowMs : job.deadlineAt
}

/** Where another may be submitted in its place: once a job, so that at most one line is bought twice. */
function successorOf({ providers }: Context, claim: Claim, line: Task): ProviderName | undefined {
  const { job, tasks } = claim
  const others = tasks.filter((task) => task.n !== line.n)
  if (!job.request.resubmit_unknown || others.some(isReplaced)) return undefined
  // A job is at one provider at a time: what it has bought keeps it there.
  const elsewhere = others.some(mayBeBought) ? [] : otherProviders(claim, line)
  const next = elsewhere.find((name) => providers[name] !== undefined)
  // Where the same submission may be repeated without harm, a new one would only risk a second bill.
  return (
    next ?? (providers[line.provider]?.capabilities.repeats === 'billed_again' ? line.provider : undefined)
  )
}

function replaceAt({ unknownAt, intendedAt }: Task): number {
  return (unknownAt ?? intendedAt) + replaceAfterMs
}

/** Leaves the line unknown for ever, and lets another be submitted in its place. */
function replace(context: Context, line: Task, provider: ProviderName): Step {
  const nowMs = context.now()
  const task: Task = { ...line, status: 'unknown', fault: neverResolved(line), endedAt: nowMs }
  const said = {
    provider: line.provider,
    next_provider: provider,
    message: `${line.provider} may bill the first submission too.`,
  }
  return {
    ...changes({ provider, tasks: [task], events: [draftEvent('task.resubmitted', said, nowMs)] }),
    status: 'queued',
    next: 'now',
  }
}
