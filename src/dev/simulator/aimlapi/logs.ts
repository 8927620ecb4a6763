/**
 * `GET /v2/logs`: one row for each request in a time window, newest first. Rows have the client's request id, but it is no
 * filter: a client that searches for a request must compare the rows.
 */

import { z } from 'zod'
import { type AimlapiTask, stageOf } from '../task.ts'
import type { World } from '../world.ts'
import { usageOf } from './generation.ts'
import { invalid, type Refusal } from './responses.ts'

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
const MAX_WINDOW_MS = 92 * DAY_MS

export type ReadLogs = { ok: true; page: unknown } | { ok: false; refusal: Refusal }

export function readLogs(world: World, params: URLSearchParams): ReadLogs {
  const read = query.safeParse({
    ...Object.fromEntries(params),
    model: params.getAll('model'),
    status: params.getAll('status'),
  })
  if (!read.success) return { ok: false, refusal: invalid(read.error) }
  const { limit, offset, model, status } = read.data
  const now = world.edges.now()
  const window = windowOf(read.data, now)
  if (window === undefined || window.end < window.start || window.end - window.start > MAX_WINDOW_MS) {
    const message = 'Give either period, or both start and end, and no more than 92 days'
    return { ok: false, refusal: { statusCode: 400, message } }
  }

  const rows = generationsOf(world)
    .filter((task) => isLogged(task, now))
    .filter(({ acceptedAt }) => acceptedAt >= window.start && acceptedAt <= window.end)
    .map((task) => rowOf(task, now))
    .filter((row) => model.length === 0 || model.some((name) => isNamed(row.model, name)))
    .filter((row) => status.length === 0 || status.includes(row.status))
    .toReversed()
  const has_more = offset + limit < rows.length
  const pagination = { limit, offset, total: rows.length, has_more }
  return { ok: true, page: { data: rows.slice(offset, offset + limit), pagination } }
}

/** When a row appears is not documented: immediately, unless a directive changes it. */
function isLogged(task: AimlapiTask, now: number): boolean {
  switch (task.directives.log) {
    case 'never':
      return false
    case 'late':
      return stageOf(task, now) === 'ended'
    case undefined:
      return true
  }
}

/** The row exists from the start of the generation; its cost is set at the end. */
function rowOf(task: AimlapiTask, now: number) {
  const hasFailed = stageOf(task, now) === 'ended' && task.outputs[0].failure !== undefined
  return {
    created: new Date(task.acceptedAt).toISOString(),
    status: hasFailed ? ('failed' as const) : ('succeeded' as const),
    origin: 'api',
    model: task.request.model,
    cost: usageOf(task, now),
    tokens: { input: 0, output: 0, total: 0 },
    request_id: `req-${task.taskId}`,
    inference_id: task.taskId,
    client_request_id: task.clientRequestId ?? null,
  }
}

function generationsOf(world: World): AimlapiTask[] {
  return [...world.tasks.values()].filter((task) => task.provider === 'aimlapi')
}

/** Matches `source/alias` exactly, or the alias alone. */
function isNamed(model: string, name: string): boolean {
  return model === name || model.split('/')[1] === name
}

function windowOf({ period, start, end }: Query, now: number): { start: number; end: number } | undefined {
  if (period !== undefined) {
    if (start !== undefined || end !== undefined) return undefined
    const unitMs = period.endsWith('h') ? HOUR_MS : DAY_MS
    return { start: now - Number(period.slice(0, -1)) * unitMs, end: now }
  }
  return start === undefined || end === undefined ? undefined : { start, end }
}

/** A time without an offset is UTC. */
const instant = z.iso
  .datetime({ offset: true, local: true })
  .transform((text) => Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`))

const query = z.object({
  period: z
    .string()
    .regex(/^[1-9]\d*[hd]$/)
    .optional(),
  start: instant.optional(),
  end: instant.optional(),
  model: z.array(z.string()).max(50),
  status: z.array(z.enum(['succeeded', 'failed'])),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  offset: z.coerce.number().int().min(0).default(0),
})

type Query = z.output<typeof query>
