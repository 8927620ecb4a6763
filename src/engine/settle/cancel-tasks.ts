/**
 * Asks the providers to cancel the tasks of a canceled job. The job has ended, and waits for no answer: what a provider
 * confirms is recorded in its task, as a late result is. Only tasks of canceled jobs are canceled. A job that failed at its
 * deadline still gets the videos that its provider finishes.
 *
 * A message asks, and the next one follows after a wait (`cancelWaitsMs`) while a provider has not decided. No row is due for
 * it: after a lost message the tasks may be made and billed, and the job says so. An unknown submission is not looked for:
 * what is not proven to be the job's own task must not be canceled.
 */
import { type Context, tracedContext } from '../../context.ts'
import type { Result } from '../../core/fault.ts'
import { type ReceivedAnswer, withAnswer } from '../../core/job/answers.ts'
import { confirmedCanceled } from '../../core/job/cancellation.ts'
import { cancelWaitsMs } from '../../core/schedule/jobs.ts'
import type { CancelOutcome } from '../../providers/cancels.ts'
import type { Outcome } from '../../providers/provider.ts'
import { draftEvent, insertEventIf } from '../../store/events.ts'
import { seeJob } from '../../store/jobs/cancel.ts'
import { recordLateTask } from '../../store/jobs/late-task.ts'
import type { RunningTask, Task } from '../../store/jobs/tasks.ts'
import { closeReservation } from '../spending.ts'
import { mayBeCanceled } from './cancel.ts'

/** `left`: why the task may still run. Null: it has ended, or its provider cannot be asked. */
interface Asked {
  task: Task
  left: Exclude<CancelOutcome, 'canceled'> | 'unanswered' | null
}

// Two at once are harmless: a provider may be asked twice, and the first answer that ends a task is recorded.
export async function cancelTasks(
  untraced: Context,
  { jobId, attempt }: { jobId: string; attempt: number },
): Promise<void> {
  const seen = await seeJob(untraced.dbOf(jobId), jobId)
  if (seen?.job.status !== 'canceled') return
  const context = tracedContext(untraced, seen.job)
  const asked = await Promise.all(seen.tasks.map((task) => ask(context, task)))
  const waitMs = asked.some(isUndecided) ? cancelWaitsMs[attempt] : undefined
  if (waitMs !== undefined) return context.queues.cancel(jobId, attempt + 1, waitMs)
  for (const one of asked) await noteLeft(context, one)
  const tasks = asked.map(({ task }) => task)
  // The step that submits it has still to record it, and then asks for its cancellation.
  if (tasks.some((task) => task.status === 'intended' && mayBeCanceled(context, task))) return
  await closeReservation(context, { job: seen.job, tasks })
}

function isUndecided({ left }: Asked): boolean {
  return left !== null && left !== 'running'
}

async function ask(context: Context, task: Task): Promise<Asked> {
  const provider = context.providers[task.provider]
  if (task.status !== 'submitted' || provider?.cancel === undefined) return { task, left: null }
  const answers: ReceivedAnswer[] = []
  const onAnswer = (answer: ReceivedAnswer) => void answers.push(answer)
  const result = await provider.cancel(task, onAnswer)
  context.log('task.cancel_requested', {
    job_id: task.jobId,
    provider: task.provider,
    task_id: task.providerTaskId,
    outcome: result.ok ? result.value : undefined,
    fault: result.ok ? undefined : result.fault.code,
  })
  if (!result.ok) return { task, left: 'unanswered' }
  const ended = await endAfter(context, task, result.value, () => provider.getStatus(task, onAnswer))
  if (typeof ended === 'string') return { task, left: ended }
  const answered = withAnswer(task.answers, 'status', answers.at(-1), context.now())
  await recordLateTask(context.dbOf(task.jobId), { ...ended, answers: answered })
  return { task: ended, left: null }
}

/** The ended task, or why it may still run. */
async function endAfter(
  { now }: Context,
  task: RunningTask,
  outcome: CancelOutcome,
  getStatus: () => Promise<Result<Outcome>>,
): Promise<Task | Exclude<CancelOutcome, 'canceled'>> {
  if (outcome === 'canceled') return confirmedCanceled(task, now())
  if (outcome !== 'ended') return outcome
  const status = await getStatus()
  if (!status.ok || status.value.state === 'pending') return outcome
  // That it has ended is said twice, so a failure needs no further confirmation.
  const { cost = task.cost } = status.value
  const ended = { ...task, endedAt: now(), completedVia: 'poll' as const, cost, pollFailure: null }
  if (status.value.state === 'failed') return { ...ended, status: 'failed', fault: status.value.fault }
  return { ...ended, status: 'succeeded', fault: status.value.faults[0] ?? null }
}

/** For people, in the timeline: after the last attempt the task may be made and billed. */
async function noteLeft({ dbOf, now }: Context, { task, left }: Asked): Promise<void> {
  if (left === null) return
  const { provider, providerTaskId } = task
  const data = { provider, provider_task_id: providerTaskId, message: `${provider} ${leftWords[left]}.` }
  await insertEventIf(dbOf(task.jobId), task.jobId, draftEvent('task.not_canceled', data, now()))
}

const leftWords: Record<NonNullable<Asked['left']>, string> = {
  requested: 'was asked to cancel the task and has not confirmed it',
  running: 'does not cancel a task that it has begun',
  ended: 'says that the task has ended, and does not say how',
  unanswered: 'did not say whether it canceled the task',
}
