/** `GET /jobs`: newest first, in pages. */

import { z } from 'zod'
import type { ScenarioTask } from '../task.ts'
import { record, type World } from '../world.ts'
import { JOB_TYPE, jobStatuses, jobView, statusOf } from './job.ts'
import { invalid, refusal } from './responses.ts'

/** The maximum page size is documented; the default is not. */
const query = z.object({
  status: z.enum(jobStatuses).optional(),
  hideResults: z.enum(['true', 'false']).optional(),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  paginationToken: z.string().optional(),
})

export function listJobs(world: World, params: URLSearchParams): Response {
  const read = query.safeParse(Object.fromEntries(params))
  if (!read.success) return invalid(read.error)
  const { status, hideResults, pageSize, paginationToken } = read.data
  const now = world.edges.now()

  const jobs = jobsOf(world)
    .filter((task) => isListed(task, now))
    .toReversed()
  const start = paginationToken === undefined ? 0 : afterToken(jobs, paginationToken)
  if (start === undefined) return refusal(400, 'paginationToken: Not a token of this list')
  const matching = jobs
    .slice(start)
    .filter((task) => matchesType(params) && (status === undefined || statusOf(task, now) === status))
  const page = matching.slice(0, pageSize)
  const last = page.at(-1)
  record(world, { provider: 'scenario', what: 'tasks.listed', status: 200 })
  return Response.json({
    jobs: page.map((task) => (hideResults === 'true' ? withoutResults(task, now) : jobView(task, now))),
    ...(last !== undefined && matching.length > page.length && { nextPaginationToken: btoa(last.taskId) }),
  })
}

function jobsOf(world: World): ScenarioTask[] {
  return [...world.tasks.values()].filter((task) => task.provider === 'scenario')
}

const LAG_MS = 5 * 60_000

/** How much the list may lag is not documented. */
function isListed(task: ScenarioTask, now: number): boolean {
  return task.directives.list !== 'lagging' || now >= task.acceptedAt + LAG_MS
}

/** The token identifies the last job of the page, so that new jobs do not shift the pages. */
function afterToken(jobs: ScenarioTask[], token: string): number | undefined {
  const index = jobs.findIndex(({ taskId }) => btoa(taskId) === token)
  return index < 0 ? undefined : index + 1
}

/** Scenario's clients use both `type` and `types`, repeated or separated by commas. */
function matchesType(params: URLSearchParams): boolean {
  const types = [...params.getAll('type'), ...params.getAll('types')].flatMap((words) => words.split(','))
  return types.length === 0 || types.includes(JOB_TYPE)
}

function withoutResults(task: ScenarioTask, now: number) {
  const { metadata, ...job } = jobView(task, now)
  const { assetIds: _, ...rest } = metadata
  return { ...job, metadata: rest }
}
