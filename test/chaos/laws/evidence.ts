/** The evidence that the laws are checked against: the records of providers and callers, and D1 and R2 at the end. */
import type { SimulatedTask } from '../../../src/dev/simulator/task.ts'
import type { LogLine } from '../../../src/dev/simulator/world.ts'
import type { ReportedRequest } from '../lives/harness-server.ts'
import { type JobRows, type Row, rowsOf, type Storage } from '../lives/storage.ts'
import { indexIn, type PlannedJob } from '../plan-jobs.ts'
import type { ReceivedAttempt } from '../world/callers.ts'
import type { CancelAnswer, CanceledJob } from '../world/cancel-jobs.ts'
import { type Forgery, forgedMark } from '../world/forged-webhooks.ts'
import type { AcceptedJob } from '../world/post-jobs.ts'

/** One accepted job: its plan and every record of it. */
export interface Case {
  plan: PlannedJob
  id: string
  rows: JobRows
  /** Its rows when it was first seen settled. */
  snapshot: JobRows | undefined
  /** Delivery attempts as the Worker recorded them. */
  attempts: Row[]
  /** Delivery attempts as the caller recorded them. */
  received: ReceivedAttempt[]
  /** Every task that a provider accepted for it. */
  bills: SimulatedTask[]
  /** How often each kind of request for it left the Worker. */
  requests: { submitted: number; notSubmitted: number; notified: number }
  /** The answers to its cancellation, in the order in which its caller got them. */
  cancellations: CancelAnswer[]
  /** The job as its caller sees it at the end, if it was canceled. */
  canceled: CanceledJob | undefined
}

export interface Evidence {
  cases: Case[]
  /** Rows in `jobs`. */
  jobCount: number
  /** Bills that belong to no job. */
  strayBills: SimulatedTask[]
  strayRequests: readonly string[]
  forgeries: readonly Forgery[]
  journaledForgeries: number
  /** Rows of jobs, deliveries and late checks that are still leased, due or pending. */
  unfinishedRows: Row[]
  objectKeys: string[]
  objectHash: Storage['objectHash']
  /** The hash of what a provider serves for an output; null: no such output. */
  servedHash: (outputId: string) => Promise<string | null>
  /** The id of a job for each of its submissions whose response the Worker took for lost. */
  lostResponses: readonly string[]
  /** Every call that asked a provider to cancel a task, as the provider recorded it. */
  cancelCalls: readonly LogLine[]
}

export interface Records {
  accepted: AcceptedJob[]
  snapshots: ReadonlyMap<string, JobRows>
  bills: readonly SimulatedTask[]
  attempts: readonly ReceivedAttempt[]
  strayRequests: readonly string[]
  forgeries: readonly Forgery[]
  servedHash: Evidence['servedHash']
  requests: readonly ReportedRequest[]
  lostResponses: readonly string[]
  cancellations: readonly CancelAnswer[]
  canceledJobs: readonly CanceledJob[]
  cancelCalls: Evidence['cancelCalls']
}

export async function gatherEvidence(storage: Storage, records: Records): Promise<Evidence> {
  const indexes = new Set(records.accepted.map(({ plan }) => plan.index))
  return {
    cases: await casesOf(storage, records),
    jobCount: await count(storage, 'SELECT count(*) AS n FROM jobs'),
    strayBills: records.bills.filter((task) => !indexes.has(indexOf(task) ?? -1)),
    strayRequests: records.strayRequests,
    forgeries: records.forgeries,
    journaledForgeries: await count(
      storage,
      'SELECT count(*) AS n FROM webhooks WHERE instr(body, ?)',
      forgedMark,
    ),
    unfinishedRows: await storage.select(unfinished),
    objectKeys: await storage.objectKeys(),
    objectHash: storage.objectHash,
    servedHash: records.servedHash,
    lostResponses: records.lostResponses,
    cancelCalls: records.cancelCalls,
  }
}

async function casesOf(storage: Storage, records: Records): Promise<Case[]> {
  const { accepted, snapshots } = records
  const rows = await rowsOf(
    storage,
    accepted.map(({ id }) => id),
  )
  const attempts = Map.groupBy(
    await storage.select(
      `SELECT a.*, d.job_id FROM attempts a JOIN deliveries d ON d.id = a.delivery_id
       UNION ALL SELECT id, attempts, last_started_at, last_duration_ms, last_status, last_error, last_response_headers,
         last_response_body, job_id
       FROM deliveries WHERE last_started_at IS NOT NULL ORDER BY n`,
    ),
    (row) => row.job_id,
  )
  const bills = Map.groupBy(records.bills, indexOf)
  const requests = Map.groupBy(records.requests, ({ index }) => index)
  const received = Map.groupBy(records.attempts, ({ index }) => index)
  const cancellations = Map.groupBy(records.cancellations, ({ index }) => index)
  return accepted.map(({ plan, id }) => ({
    plan,
    id,
    rows: rows.get(id) ?? noRows,
    snapshot: snapshots.get(id),
    attempts: attempts.get(id) ?? [],
    received: received.get(plan.index) ?? [],
    bills: bills.get(plan.index) ?? [],
    requests: countRequests(requests.get(plan.index) ?? []),
    cancellations: cancellations.get(plan.index) ?? [],
    canceled: records.canceledJobs.find(({ index }) => index === plan.index),
  }))
}

const noRows: JobRows = { jobs: [], tasks: [], outputs: [], events: [], deliveries: [], assets: [] }

function countRequests(requests: readonly ReportedRequest[]): Case['requests'] {
  const countOf = (wanted: ReportedRequest['kind']) => requests.filter(({ kind }) => kind === wanted).length
  return {
    submitted: countOf('submitted'),
    notSubmitted: countOf('not_submitted'),
    notified: countOf('notified'),
  }
}

/** The code of the fault in a row. */
export function codeOf({ fault }: Row): string {
  return typeof fault === 'string' ? JSON.parse(fault).code : 'no fault'
}

function indexOf(task: SimulatedTask): number | undefined {
  return indexIn(JSON.stringify(task.request))
}

async function count(storage: Storage, sql: string, ...values: string[]): Promise<number> {
  const [row] = await storage.select(sql, ...values)
  return Number(row?.n)
}

const unfinished = `
  SELECT id, status, due_at, lease FROM jobs
  WHERE due_at IS NOT NULL OR lease IS NOT NULL OR settled_at IS NULL
     OR status NOT IN ('succeeded', 'failed', 'canceled')
  UNION ALL
  SELECT id, status, due_at, lease FROM deliveries
  WHERE due_at IS NOT NULL OR lease IS NOT NULL OR status = 'pending'
  UNION ALL
  SELECT job_id, 'late check', due_at, lease FROM late_checks`
