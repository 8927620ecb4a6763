/** Rows → what a caller sees, for one job or a page of them. */
import type { Context } from '../context.ts'
import { type JobView, viewJob } from '../core/view.ts'
import { linksTo } from '../media/links.ts'
import type { Job } from '../store/jobs.ts'
import { outputsOfAll } from '../store/outputs.ts'
import { tasksOfAll } from '../store/tasks.ts'

export async function viewJobs({ db, config, now }: Context, jobs: Job[]): Promise<JobView[]> {
  const ids = jobs.map(({ id }) => id)
  const [outputs, tasks] = await Promise.all([outputsOfAll(db, ids), tasksOfAll(db, ids)])
  return Promise.all(
    jobs.map(async (job) => {
      const own = outputs.get(job.id) ?? []
      const stored = own.filter(({ status }) => status === 'stored').map(({ n }) => n)
      const links = await linksTo(config, job.id, stored, now())
      return viewJob({ job, outputs: own, tasks: tasks.get(job.id) ?? [] }, links)
    }),
  )
}
