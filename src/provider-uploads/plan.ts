/** Whether the provider of a task uploads its video to us, and where. */
import type { Context } from '../context.ts'
import type { Provider } from '../providers/provider.ts'
import type { Job } from '../store/jobs/jobs.ts'
import type { Task } from '../store/jobs/tasks.ts'
import { uploadUrl } from './token.ts'

interface UploadPlan {
  awaitsUpload: boolean
  /** The fields of the submission. */
  submission: { uploadUrl?: string }
}

/** Decided at a task's first call and kept for the next ones, because any of them may be the one that was accepted. */
export async function planUpload(
  { config }: Context,
  provider: Provider,
  job: Job,
  task: Task,
): Promise<UploadPlan> {
  const isFirst = task.attempts === 0
  const awaitsUpload = isFirst ? (provider.putsVideo?.(job.request) ?? false) : task.awaitsUpload
  if (!awaitsUpload) return { awaitsUpload, submission: {} }
  return { awaitsUpload, submission: { uploadUrl: await uploadUrl(config, job, task.n) } }
}
