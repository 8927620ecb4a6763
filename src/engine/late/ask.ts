/**
 * Asks the provider for the tasks that ran out of time. In memory they run again, so that the polls of a running job
 * interpret them. A row changes only when its task has ended, or when something else was learned about it.
 */
import type { Context } from '../../context.ts'
import { awaitsLateResult } from '../../core/job/late.ts'
import { taskEndEntries } from '../../core/job/made-entries.ts'
import { lateWindowMs } from '../../core/schedule/jobs.ts'
import { announcedWaitMs, lateQuestionAt } from '../../core/schedule/waits.ts'
import { changes } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { LateClaim } from '../../store/late/claim.ts'
import type { LateChanges } from '../../store/late/commit.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { pollTasks } from '../poll/poll.ts'
import { findUnknown } from './find-unknown.ts'
import { numberLate } from './number-outputs.ts'

/** `askAgainAt`: null if no task may bring anything more. */
export interface Asked {
  learned: LateChanges
  askAgainAt: number | null
}

/** `keepLease` is awaited between requests, each of which may take long. */
export async function ask(context: Context, claim: LateClaim, keepLease: Heartbeat): Promise<Asked> {
  const { job } = claim
  const endsAt = job.settledAt + lateWindowMs
  const found = await findUnknown(context, claim, keepLease)
  const running = found.map((task) => reopened(job, task))
  await keepLease()
  const { polled, waits } = await pollTasks(
    context,
    { ...claim, job: { ...job, deadlineAt: endsAt }, tasks: running },
    () => Number.POSITIVE_INFINITY,
  )
  const nowMs = context.now()
  const outputs = numberLate(claim, polled.outputs)
  const rows = found.map((task) => {
    const isNews = outputs.some(({ taskN }) => taskN === task.n)
    return rowAfter(
      task,
      polled.tasks.find(({ n }) => n === task.n),
      isNews ? 'outputs' : 'no outputs',
    )
  })
  const tasks = rows.filter((task) => !claim.tasks.includes(task))
  const earlierEnds = claim.tasks
    .filter(
      ({ n, endedAt }) => endedAt !== null && endedAt <= job.settledAt && isEndedAgain(tasks, n, endedAt),
    )
    .flatMap((task) => taskEndEntries(job, task))
  const unresolved = rows.filter((task) => task.providerTaskId === null && awaitsLateResult(job, task))
  const waitsForTasks = [
    ...waits,
    ...(nowMs < endsAt ? unresolved.map(() => waitMs(claim, endsAt, nowMs)) : []),
  ]
  const questionAt = nowMs < endsAt ? lateQuestionAt(job.settledAt, nowMs) : Number.POSITIVE_INFINITY
  return {
    learned: { ...changes({ tasks, outputs, hosts: polled.hosts }), earlierEnds },
    askAgainAt: waitsForTasks.length === 0 ? null : Math.min(nowMs + Math.min(...waitsForTasks), questionAt),
  }
}

function reopened(job: LateClaim['job'], task: Task): Task {
  const { providerTaskId } = task
  if (providerTaskId === null || !awaitsLateResult(job, task)) return task
  return {
    ...task,
    status: 'submitted',
    providerTaskId,
    submittedAt: task.submittedAt ?? task.intendedAt,
    completedVia: null,
    endedAt: null,
    fault: task.pollFailure === null ? null : task.fault,
  }
}

/** A task that is still running keeps its end at the deadline, and so does one that brought nothing until the last question. */
function rowAfter(before: Task, polled: Task | undefined, brought: 'outputs' | 'no outputs'): Task {
  if (polled === undefined) return before
  if (polled.status === 'submitted') {
    return { ...before, pollFailure: polled.pollFailure, answers: polled.answers }
  }
  return polled.fault?.code === 'deadline_exceeded' && brought === 'no outputs' ? before : polled
}

function isEndedAgain(changed: Task[], n: number, endedAt: number): boolean {
  return changed.some((task) => task.n === n && task.endedAt !== endedAt)
}

/** For a task whose id is not known: a webhook may name it shortly before its provider shows it. */
function waitMs({ webhooks }: LateClaim, endsAt: number, nowMs: number): number {
  const lastAt = Math.max(0, ...webhooks.map(({ receivedAt }) => receivedAt))
  return announcedWaitMs(nowMs - lastAt) ?? endsAt - nowMs
}
