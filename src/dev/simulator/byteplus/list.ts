/** `GET /contents/generations/tasks`: newest first, in numbered pages, one request a second. */

import { z } from 'zod'
import type { BytePlusTask } from '../task.ts'
import type { World } from '../world.ts'
import { recordsOf } from './records.ts'
import { invalid, type Refusal, tooFast } from './responses.ts'
import { statuses, statusOf, taskView } from './view.ts'

const query = z.strictObject({
  page_num: z.coerce.number().int().min(1).default(1),
  page_size: z.coerce.number().int().min(1).max(500).default(20),
  'filter.status': z.enum(statuses).optional(),
  'filter.model': z.string().optional(),
  'filter.service_tier': z.enum(['default', 'flex']).optional(),
  'filter.task_ids': z.array(z.string()),
})

type Listed = { ok: true; page: { items: unknown[]; total: number } } | { ok: false; refusal: Refusal }

/** With `list=lagging`. How much the list may lag is not documented: "a minute or two", say its users. */
const LAG_MS = 100_000

const LIST_INTERVAL_MS = 1_000

export function listTasks(world: World, params: URLSearchParams): Listed {
  const read = query.safeParse({
    ...Object.fromEntries(params),
    'filter.task_ids': params.getAll('filter.task_ids'),
  })
  if (!read.success) return { ok: false, refusal: invalid(read.error) }
  const now = world.edges.now()
  if (isTooFast(world, now)) return { ok: false, refusal: tooFast }
  const { page_num, page_size, ...filters } = read.data
  const ids = filters['filter.task_ids']
  const matching = recordsOf(world)
    .filter((task) => isListed(task, now))
    .filter((task) => (filters['filter.status'] ?? statusOf(task, now)) === statusOf(task, now))
    .filter((task) => (filters['filter.model'] ?? task.request.model) === task.request.model)
    .filter((task) => ids.length === 0 || ids.includes(task.taskId))
    .filter(() => filters['filter.service_tier'] !== 'flex')
    .toReversed()
  const start = (page_num - 1) * page_size
  const items = matching.slice(start, start + page_size).map((task) => taskView(world, task))
  return { ok: true, page: { items, total: matching.length } }
}

/** A refused request does not count. */
function isTooFast(world: World, now: number): boolean {
  const last = world.log.findLast(
    ({ provider, what, status }) => provider === 'byteplus' && what === 'tasks.listed' && status === 200,
  )
  return last !== undefined && now - last.at < LIST_INTERVAL_MS
}

function isListed(task: BytePlusTask, now: number): boolean {
  return task.directives.list !== 'lagging' || now >= task.acceptedAt + LAG_MS
}
