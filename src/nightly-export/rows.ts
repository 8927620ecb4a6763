/** The rows of a page of the nightly export: those of every export, with columns that the API does not show. */
import { decimal, exportRow } from '../core/job/export-row.ts'
import { viewJob } from '../core/job/view.ts'
import type { Database } from '../store/database.ts'
import { jobsAsStored } from '../store/jobs/jobs.ts'
import { outputsOfAll } from '../store/jobs/outputs.ts'
import { tasksOfAll } from '../store/reports/shown-tasks.ts'

/** Without those that were erased meanwhile: jobs are read last, so the tasks of one that is still there are all known. */
export async function rowsOf(db: Database, ids: string[]) {
  if (ids.length === 0) return []
  const [outputs, tasks] = await Promise.all([outputsOfAll(db, ids), tasksOfAll(db, ids)])
  const jobs = await jobsAsStored(db, ids)
  return ids.flatMap((id) => {
    const job = jobs.get(id)
    if (job === undefined || job.erasedAt !== null) return []
    const rows = { job, outputs: outputs.get(id) ?? [], tasks: tasks.get(id) ?? [] }
    const estimate = job.estimates[job.provider]
    return [
      {
        ...exportRow(viewJob(rows, new Map())),
        api_key_id: job.apiKeyId,
        project: job.project,
        estimate_usd: decimal(estimate?.amount_usd),
        estimate_credits: decimal(estimate && 'credits' in estimate ? estimate.credits : undefined),
      },
    ]
  })
}
