/** The operator's receiver of alerts, and the rows that raise them. */
import { env } from 'cloudflare:workers'
import { checkAlerts } from '../../src/alerts/check.ts'
import { firstIdAt } from '../../src/core/id.ts'
import type { Received } from './caller.ts'
import { recordingQueues } from './queues.ts'
import { aContext } from './runtime.ts'
import { select } from './storage.ts'
import { world } from './world.ts'

const alertOrigin = 'https://alerts.test'
export const alertUrl = `${alertOrigin}/hooks/a-secret-path?key=a-secret-query`

interface AlertBody {
  type: string
  timestamp: string
  data: {
    text: string
    facts: { name: string; text: string }[]
    alerts: {
      name: string
      state: string
      title: string
      text: string
      value: number
      limit: number
      url: string
    }[]
  }
}

export interface AlertReceiver {
  received: Received[]
  bodies: () => AlertBody[]
  /** The next answers, in order; then 204 again. */
  respondNext: (...answers: (() => Response)[]) => void
}

export function aReceiver(origin = alertOrigin): AlertReceiver {
  const received: Received[] = []
  const answers: (() => Response)[] = []
  world.serve(origin, async (request) => {
    const headers = Object.fromEntries(request.headers)
    received.push({ url: request.url, headers, body: await request.text(), at: world.edges.now() })
    return answers.shift()?.() ?? new Response(null, { status: 204 })
  })
  return {
    received,
    bodies: () => received.map(({ body }) => JSON.parse(body)),
    respondNext: (...next) => void answers.push(...next),
  }
}

const minuteMs = 60_000

/** Advances the clock to a time at which all conditions are measured, this many times, and checks. */
export async function checkAll(times: number, bindings: Record<string, unknown> = {}): Promise<void> {
  for (let n = 0; n < times; n++) {
    await world.advance(5 * minuteMs - (world.edges.now() % (5 * minuteMs)))
    await checkOnce(bindings)
  }
}

/** The next minutes. */
export async function checkMinutes(times: number, bindings: Record<string, unknown> = {}): Promise<void> {
  for (let n = 0; n < times; n++) {
    await world.advance(minuteMs)
    await checkOnce(bindings)
  }
}

/** By default with empty queues: a message in the real ones has waited for hours, by the clock of the tests. */
export async function checkOnce(bindings: Record<string, unknown> = {}): Promise<void> {
  const settings = { ALERT_URL: alertUrl, ALERT_SUMMARY_HOUR: 'off' }
  await checkAlerts(aContext({}, { ...recordingQueues().bindings, ...settings, ...bindings }))
}

/** `Raised: …`, as one line for each item of each message. */
export function linesOf({ bodies }: AlertReceiver): string[] {
  return bodies().flatMap(({ data }) => data.alerts.map(({ state, title }) => `${state}: ${title}`))
}

let jobs = 0

/** A queued job that no step has reached. */
export async function insertJob({
  dueAt,
  deadlineAt,
}: {
  dueAt: number
  deadlineAt: number
}): Promise<string> {
  const id = `${firstIdAt('job', world.edges.now()).slice(0, 14)}${String(++jobs).padStart(16, '0')}`
  await select(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at, due_at)
     VALUES (?, 'queued', 'seedance-2.0-mini', 'runware', '[]', '{}', '[]', 'admin', ?, ?, ?)`,
    id,
    world.edges.now(),
    deadlineAt,
    dueAt,
  )
  return id
}

export async function insertCounts(counts: Record<string, number>, provider = 'runware'): Promise<void> {
  const hourMs = 60 * minuteMs
  const hourAt = world.edges.now() - (world.edges.now() % hourMs)
  await select(
    `INSERT INTO counters (hour_at, provider, model, counts) VALUES (?, ?, 'seedance-2.0-mini', ?)
     ON CONFLICT DO UPDATE SET counts = excluded.counts`,
    hourAt,
    provider,
    JSON.stringify(counts),
  )
}

export async function emptyTables(): Promise<void> {
  const tables = [
    'deliveries',
    'jobs',
    'counters',
    'hosts',
    'endpoints',
    'disabled_callbacks',
    'spending',
    'assets',
  ]
  await env.DB.batch([
    ...[...tables, 'purges', 'api_keys', 'alerts'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    env.DB.prepare("DELETE FROM reconciliations WHERE name LIKE 'refusals %'"),
  ])
}
