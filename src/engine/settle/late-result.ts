/**
 * The result of a step that could not commit because its job was canceled meanwhile. The task records what the provider
 * answered, because that may be billed. R2 keeps no object without a row. If another step has the job, that step decides.
 */
import type { Context } from '../../context.ts'
import { everyProject } from '../../core/access.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { recordLateTask } from '../../store/jobs/late-task.ts'
import { findStoredOutput, type StoredOutput } from '../../store/jobs/outputs.ts'
import type { Step } from '../../store/jobs/step.ts'
import { isLateCheckOpen } from '../../store/late/late-checks.ts'
import { isCancelable } from './cancel.ts'

export async function recordLateResult(context: Context, jobId: string, step: Step): Promise<void> {
  for (const task of step.tasks) {
    const isRecorded = await recordLateTask(context.dbOf(jobId), task)
    // When the job was canceled, the submission of this task was not known yet.
    if (isRecorded && isCancelable(context, task)) await context.queues.cancel(jobId, 0, 0)
  }
  for (const output of step.outputs) {
    if (output.status === 'stored') await deleteUnused(context, jobId, output)
  }
}

export async function deleteUnused(
  { dbOf, bucket }: Context,
  jobId: string,
  { n, key }: StoredOutput,
): Promise<void> {
  const job = await findJob(dbOf(jobId), jobId)
  // The step that has the job now writes the same object. If the job is canceled later, the cancellation deletes it.
  if (job !== null && job.settledAt === null) return
  // Nor is an object deleted under a late check, which may be writing it. At its end it deletes what is unused.
  if (await isLateCheckOpen(dbOf(jobId), jobId)) return
  const stored = await findStoredOutput(dbOf(jobId), jobId, n, everyProject)
  if (stored?.key !== key) await bucket.delete(key)
}
