/** `GET /jobs`: newest first, in pages. */

import { z } from 'zod'
import type { ScenarioTask } from '../task.ts'
import { record, type World } from '../world.ts'
import { invalid, refusal } from './answers.ts'
import { JOB_TYPE, jobStatuses, jobView, statusOf } from './job.ts'

/** The default is not documented; the maximum is. */
const query = z.object({
  status: z.enum(jobStatuses).optional(),
  hideResults: z.enum(['true', 'false']).optional(),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
  paginationToken: z.string().optional(),
})

export function listJobs(world: World, asked: URLSearchParams): Response {
  const read = query.safeParse(Object.fromEntries(asked))
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
    .filter((task) => isWantedType(asked) && (status === undefined || statusOf(task, now) === status))
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

/** How far the list may lag behind is not documented. */
function isListed(task: ScenarioTask, now: number): boolean {
  return task.directives.list !== 'lagging' || now >= task.acceptedAt + LAG_MS
}

/** The token names the last job shown, so that jobs made meanwhile shift nothing. */
function afterToken(jobs: ScenarioTask[], token: string): number | undefined {
  const index = jobs.findIndex(({ taskId }) => btoa(taskId) === token)
  return index < 0 ? undefined : index + 1
}

/** `type` and `types` are both seen in Scenario's clients, repeated or joined by commas. */
function isWantedType(asked: URLSearchParams): boolean {
  const types = [...asked.getAll('type'), ...asked.getAll('types')].flatMap((words) => words.split(','))
  return types.length === 0 || types.includes(JOB_TYPE)
}

function withoutResults(task: ScenarioTask, now: number) {
  const { metadata, ...job } = jobView(task, now)
  const { assetIds: _, ...rest } = metadata
  return { ...job, metadata: rest }
}
