/** The task that a job submits next: one that was begun before, or a new one. */
import type { Context } from '../../context.ts'
import { taskReferenceOf } from '../../core/id.ts'
import { isReplaced } from '../../core/job/task.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { newTask } from '../../store/jobs/new-task.ts'
import type { OpenTask, Task } from '../../store/jobs/tasks.ts'

/** Null: every output is asked for, or the provider has refused. */
export function nextTask({ now }: Context, { job, tasks }: Claim, provider: Provider): OpenTask | null {
  const begun = tasks.find(isBegun)
  if (begun !== undefined) return begun
  const submitted = tasks.filter((task) => task.provider === provider.name && !isReplaced(task))
  const missing = job.request.count - submitted.reduce((sum, { wanted }) => sum + wanted, 0)
  // A refusal of one output holds for the next one too.
  if (missing <= 0 || submitted.some(({ status }) => status === 'rejected')) return null
  const max = provider.outputsPerTask?.(job.request) ?? provider.capabilities.outputsPerTask
  return newTask({
    jobId: job.id,
    n: tasks.length,
    provider: provider.name,
    clientReference: taskReferenceOf(job.id, tasks.length),
    wanted: Math.min(missing, max),
    intendedAt: now(),
  })
}

function isBegun(task: Task): task is OpenTask {
  return task.status === 'deferred' || task.status === 'preparing'
}
