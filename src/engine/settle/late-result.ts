/**
 * late: what remains of a step that could not commit because its job ended meanwhile. The ledger gets what the
 * provider answered, for that may be billed; R2 keeps nothing that no row names. A job that goes on under another
 * step is left to that step.
 */
import type { Context } from '../../context.ts'
import { isSettled } from '../../core/job.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { findStoredOutput, type StoredOutput } from '../../store/jobs/outputs.ts'
import type { Step } from '../../store/jobs/step.ts'
import { recordLateTask } from '../../store/jobs/tasks.ts'

export async function recordLateResult(context: Context, jobId: string, step: Step): Promise<void> {
  for (const task of step.tasks) await recordLateTask(context.db, task)
  for (const output of step.outputs) {
    if (output.status === 'stored') await removeUnnamed(context, jobId, output)
  }
}

async function removeUnnamed({ db, bucket }: Context, jobId: string, { n, key }: StoredOutput) {
  const job = await findJob(db, jobId)
  // The step that has the job now puts, or has put, the same object. Should it be canceled, that removes it.
  if (job !== null && !isSettled(job.status)) return
  const named = await findStoredOutput(db, jobId, n)
  if (named?.key !== key) await bucket.delete(key)
}
