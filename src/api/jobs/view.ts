/** Rows → the jobs as this caller sees them, for one job or a page of them. */
import type { Context } from '../../context.ts'
import '@hono/zod-openapi'
import type { Caller } from '../../core/access.ts'
import { viewJob } from '../../core/job/view.ts'
import { type JobView, jobViewSchema } from '../../core/job/view-schema.ts'
import { headerNamesIn } from '../../deliveries/callback-headers.ts'
import { linksTo } from '../../media/signed-links.ts'
import { exportsOfAll } from '../../store/exports/exports.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { outputsOfAll } from '../../store/jobs/outputs.ts'
import { tasksOfAll } from '../../store/reports/shown-tasks.ts'
import { readByShard } from '../../store/shards.ts'
import { jobFor } from '../hidden-urls.ts'
import { problemResponse } from '../responses.ts'

// `describe` makes a new schema: only one that is made after the OpenAPI extension can have a name.
export const jobSchema = jobViewSchema.describe('A job as its caller sees it.').openapi('Job')

export const noSuchJob = { 404: problemResponse('There is no such job.') }

const noExports: Awaited<ReturnType<typeof exportsOfAll>> = new Map()

export async function viewJobs(context: Context, jobs: Job[], caller: Caller): Promise<JobView[]> {
  const ids = jobs.map(({ id }) => id)
  const { config, now } = context
  const [outputsByJob, tasksByJob, exportsByJob] = await Promise.all([
    readByShard(context, ids, outputsOfAll),
    readByShard(context, ids, tasksOfAll),
    // Another read for deployments that export only.
    config.exportTarget === null ? noExports : readByShard(context, ids, exportsOfAll),
  ])
  return Promise.all(
    jobs.map(async (job) => {
      const exports = exportsByJob.get(job.id)
      const outputs = (outputsByJob.get(job.id) ?? []).map((output) => ({
        ...output,
        export: exports?.get(output.n),
      }))
      const links = await linksTo(config, job.id, outputs, now())
      const view = withHeaderNames(viewJob({ job, outputs, tasks: tasksByJob.get(job.id) ?? [] }, links), job)
      return jobFor(caller, view, job)
    }),
  )
}

/** A job that was accepted just now. */
export function viewNewJob(job: Job): JobView {
  return withHeaderNames(viewJob({ job, outputs: [], tasks: [] }, new Map()), job)
}

function withHeaderNames(view: JobView, { callbackHeaders }: Job): JobView {
  return callbackHeaders === null ? view : { ...view, callback_headers: headerNamesIn(callbackHeaders) }
}
