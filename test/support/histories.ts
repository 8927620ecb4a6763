/** Histories of jobs for the time axis, as the API shows them. Times are milliseconds since the acceptance. */

import type { AnswerView } from '../../src/api/jobs/answers.ts'
import type { JobHistory } from '../../src/dashboard/timeline/history.ts'
import { layOut } from '../../src/dashboard/timeline/lay-out.ts'
import type { Row } from '../../src/dashboard/timeline/row.ts'

type Job = JobHistory['job']
type Delivery = JobHistory['deliveries'][number]

const acceptedAt = Date.parse('2026-11-29T10:00:00.000Z')
export const iso = (ms: number) => new Date(acceptedAt + ms).toISOString()

/** [ms, type, data] */
export type EventAt = [number, string, Record<string, unknown>?]

/** A job that succeeded after ten seconds, unless the test says otherwise. */
export function aHistory({
  events = [],
  job = {},
  deliveries = [],
  now = 20_000,
}: {
  events?: EventAt[]
  job?: Partial<Job>
  deliveries?: Delivery[]
  now?: number
} = {}): JobHistory {
  return {
    job: { ...aJob(), ...job },
    events: events.map(([ms, type, data = {}], n) => ({
      id: `evt_${n}`,
      type,
      created_at: iso(ms),
      data,
    })),
    deliveries,
    nowMs: acceptedAt + now,
  }
}

function aJob(): Job {
  return {
    id: 'job_1',
    status: 'succeeded',
    provider: 'runware',
    outputs: [],
    tasks: [],
    fault: null,
    cancellation: null,
    created_at: iso(0),
    deadline_at: iso(1_800_000),
    settled_at: iso(10_000),
    pruned_at: null,
  } as unknown as Job
}

export function aTask(overrides: Partial<Job['tasks'][number]> = {}): Job['tasks'][number] {
  return {
    provider: 'runware',
    provider_task_id: 'remote-1',
    status: 'succeeded',
    completed_via: 'webhook',
    cost: null,
    submitted_at: iso(400),
    ended_at: iso(9_000),
    fault: null,
    ...overrides,
  }
}

export function anOutput(overrides: Partial<Job['outputs'][number]> = {}): Job['outputs'][number] {
  return {
    n: 0,
    status: 'stored',
    bytes: 27_105,
    late: false,
    export: null,
    fault: null,
    ...overrides,
  } as never
}

/** [ms, duration, status or error] of each attempt. */
export function aDelivery(
  attempts: [number, number, number | string][],
  overrides: Partial<Delivery> = {},
): Delivery {
  return {
    id: 'dlv_1',
    job_id: 'job_1',
    endpoint_id: null,
    event_id: 'evt_1',
    event_type: 'job.succeeded',
    format: 'reelhook',
    url: 'https://caller.test/hook',
    status: 'delivered',
    reason: null,
    next_attempt_at: null,
    created_at: iso(10_000),
    attempt_count: attempts.length,
    attempts: attempts.map(([ms, duration_ms, result], index) => ({
      n: index + 1,
      started_at: iso(ms),
      duration_ms,
      status: typeof result === 'number' ? result : null,
      error: result === 200 ? null : typeof result === 'string' ? result : `the caller answered ${result}`,
      response_headers: typeof result === 'number' ? { 'content-type': 'text/plain' } : null,
      response_body: typeof result === 'number' ? 'its answer' : null,
    })),
    ...overrides,
  }
}

export function anAnswer(overrides: Partial<AnswerView> & { received_at: string }): AnswerView {
  return {
    kind: 'submission',
    provider: 'runware',
    provider_task_id: null,
    http_status: 200,
    body: '{}',
    truncated: false,
    ...overrides,
  }
}

/** Each row as `label: outcome`. */
export function rowsOf(history: JobHistory, answers: AnswerView[] = []): string[] {
  return allRows(history, answers).map(({ label, outcome }) => `${label}: ${outcome}`)
}

/** The segments of the row with this label: `kind from-to`, in milliseconds since the acceptance. */
export function segmentsOf(history: JobHistory, label: string, answers: AnswerView[] = []): string[] {
  const startedAt = Date.parse(history.job.created_at)
  const row = allRows(history, answers).find((one) => one.label === label)
  return (row?.segments ?? []).map(({ kind, from, to, isOpen }) => {
    const times = from === to ? `${from - startedAt}` : `${from - startedAt}-${to - startedAt}`
    return `${kind} ${times}${isOpen ? ' open' : ''}`
  })
}

export function allRows(history: JobHistory, answers: AnswerView[] = []): Row[] {
  return layOut(history, answers).groups.flatMap(({ rows }) => rows)
}
