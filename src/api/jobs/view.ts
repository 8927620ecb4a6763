/** Rows → the jobs that a caller sees, for one job or a page of them. */
import type { Context } from '../../context.ts'
import '@hono/zod-openapi'
import { viewJob } from '../../core/job/view.ts'
import { type JobView, jobViewSchema } from '../../core/job/view-schema.ts'
import { linksTo } from '../../media/signed-links.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { outputsOfAll } from '../../store/jobs/outputs.ts'
import { tasksOfAll } from '../../store/jobs/tasks.ts'
import { readByShard } from '../../store/shards.ts'
import { problemResponse } from '../responses.ts'

// `describe` makes a new schema: only one that is made after the OpenAPI extension can have a name.
export const jobSchema = jobViewSchema.describe('A job as its caller sees it.').openapi('Job')

export const noSuchJob = { 404: problemResponse('There is no such job.') }

export async function viewJobs(context: Context, jobs: Job[]): Promise<JobView[]> {
  const ids = jobs.map(({ id }) => id)
  const { config, now } = context
  const [outputsByJob, tasksByJob] = await Promise.all([
    readByShard(context, ids, outputsOfAll),
    readByShard(context, ids, tasksOfAll),
  ])
  return Promise.all(
    jobs.map(async (job) => {
      const outputs = outputsByJob.get(job.id) ?? []
      const stored = outputs.filter(({ status }) => status === 'stored').map(({ n }) => n)
      const links = await linksTo(config, job.id, stored, now())
      return viewJob({ job, outputs, tasks: tasksByJob.get(job.id) ?? [] }, links)
    }),
  )
}
