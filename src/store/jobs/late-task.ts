/** Results that arrive after a job was canceled. */
import { and, eq, exists, inArray, ne, notExists, or } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { writeFault } from '../../core/fault.ts'
import { writeAnswers } from '../../core/job/answers.ts'
import type { TaskStatus } from '../../core/job/task.ts'
import type { Database } from '../database.ts'
import { jobs, tasks } from '../schema.ts'
import type { Task } from './tasks.ts'

/**
 * Records what a step learned about a task and could not commit, because its job was canceled meanwhile. The job stays as
 * it is. The task gets the provider's id and cost, or that nothing was bought. False: there is nothing new, or the job was not
 * canceled.
 */
// Guarded by the statuses after which this is new, so that nothing later is overwritten.
export async function recordLateTask(db: Database, task: Task): Promise<boolean> {
  const before = isNewsAfter[task.status]
  if (before.length === 0) return false
  const isOpen = task.status === 'submitted' || task.status === 'unknown'
  const isCanceled = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, task.jobId), eq(jobs.status, 'canceled')))
  const other = alias(tasks, 'other')
  const holder = db
    .select({ jobId: other.jobId })
    .from(other)
    .where(
      and(
        eq(other.provider, task.provider),
        eq(other.providerTaskId, task.providerTaskId ?? ''),
        or(ne(other.jobId, task.jobId), ne(other.n, task.n)),
      ),
    )
  const { meta } = await db
    .update(tasks)
    .set({
      status: task.status === 'deferred' ? 'rejected' : task.status,
      providerTaskId: task.providerTaskId,
      unknownAt: task.unknownAt,
      submittedAt: task.submittedAt,
      completedVia: task.completedVia,
      cost: task.cost === null ? null : JSON.stringify(task.cost),
      answers: writeAnswers(task.answers),
      // An open task keeps the end that the cancellation wrote.
      ...(!isOpen && { fault: writeFault(task.fault) }),
      ...(task.endedAt !== null && { endedAt: task.endedAt }),
    })
    .where(
      and(
        eq(tasks.jobId, task.jobId),
        eq(tasks.n, task.n),
        inArray(tasks.status, before),
        exists(isCanceled),
        // A provider task that another task has is not this one's.
        notExists(holder),
      ),
    )
  return meta.changes > 0
}

const isNewsAfter: Record<TaskStatus, TaskStatus[]> = {
  preparing: [],
  intended: [],
  unknown: ['intended'],
  deferred: ['intended'],
  rejected: ['intended'],
  // An acceptance overrides a refusal: two steps may have sent the same submission.
  submitted: ['intended', 'unknown', 'rejected'],
  succeeded: ['submitted'],
  failed: ['submitted'],
}
