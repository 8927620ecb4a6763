/** The laws of the storm that a soak can check too: by the records of providers, callers and the database. */
import type { SimulatedTask } from '../../src/dev/simulator/task.ts'
import type { Case } from '../chaos/laws/evidence.ts'
import { forEach, type Law } from '../chaos/laws/law.ts'
import { faultsOfNotification } from '../chaos/laws/notifications.ts'
import { lawsOfPurchases } from '../chaos/laws/purchases.ts'
import type { JobRows, Row } from '../chaos/lives/storage.ts'
import { indexIn } from '../chaos/plan-jobs.ts'
import { acceptsFinally, type ReceivedAttempt, responseTo } from '../chaos/world/callers.ts'
import type { Clients } from './clients.ts'

export interface SoakEvidence {
  clients: Pick<Clients, 'accepted' | 'breaches'>
  kept: ReadonlyMap<string, JobRows>
  bills: readonly SimulatedTask[]
  attempts: readonly ReceivedAttempt[]
  strayRequests: readonly string[]
  /** Rows that are due, leased or pending after the drain. */
  unfinished: readonly Row[]
  /** Messages that failed in all their attempts. */
  deadLetters: number
}

export function checkSoakLaws(evidence: SoakEvidence): Law[] {
  const { clients, strayRequests, unfinished, deadLetters } = evidence
  const cases = casesOf(evidence)
  // A client that gives up discards the delivery, perhaps before an attempt has reached its host.
  const notified = cases.filter(
    ({ plan, rows, received }) =>
      plan.behavior !== null &&
      rows.jobs.length > 0 &&
      (acceptsFinally(plan.behavior) || received.length > 0),
  )
  const accepting = notified.filter(({ plan }) => plan.behavior !== null && acceptsFinally(plan.behavior))
  return [
    forEach('every accepted job ends', cases, ({ rows }) =>
      rows.jobs.length === 1 ? [] : ['was never seen settled'],
    ),
    { name: 'a repeated POST creates no second job', checked: cases.length, breaches: clients.breaches },
    forEach('every caller is notified, under one webhook-id', notified, faultsOfNotification),
    forEach('every caller that may accept has accepted', accepting, ({ plan, received }) =>
      received.some(({ attempt }) => isAccepted(plan.behavior, attempt)) ? [] : ['no attempt was accepted'],
    ),
    ...lawsOfPurchases({ cases, strayBills: strayBillsOf(evidence) }),
    { name: 'no redirect is followed', checked: notified.length, breaches: [...strayRequests] },
    {
      name: 'nothing is left to do',
      checked: cases.length,
      breaches: unfinished.map((row) => JSON.stringify(row)),
    },
    {
      name: 'no message is a dead letter',
      checked: cases.length,
      breaches: deadLetters === 0 ? [] : [`${deadLetters} messages failed in all their attempts`],
    },
  ]
}

function casesOf({ clients, kept, bills, attempts }: SoakEvidence): Case[] {
  const billsOf = Map.groupBy(bills, indexOf)
  const attemptsOf = Map.groupBy(attempts, ({ index }) => index)
  const first = new Map<number, string>()
  return clients.accepted.map(({ plan, id }) => {
    const rows = kept.get(id) ?? noRows
    const isFirst = (first.get(plan.index) ?? id) === id
    first.set(plan.index, id)
    return {
      plan,
      id,
      rows,
      snapshot: undefined,
      attempts: [],
      received: (attemptsOf.get(plan.index) ?? []).filter((attempt) => isEndOf(id, attempt)),
      bills: (billsOf.get(plan.index) ?? []).filter((bill) => isBillOf(rows, bill, { isFirst, kept })),
      requests: { submitted: 0, notSubmitted: 0, notified: 0 },
      cancellations: [],
      canceled: undefined,
    }
  })
}

const noRows: JobRows = { jobs: [], tasks: [], outputs: [], events: [], deliveries: [], assets: [] }

/** The prompt of a retry is that of the first job. A bill that no task names belongs to the first one. */
function isBillOf(
  { tasks }: JobRows,
  { taskId }: SimulatedTask,
  { isFirst, kept }: { isFirst: boolean; kept: SoakEvidence['kept'] },
): boolean {
  if (tasks.some((task) => task.provider_task_id === taskId)) return true
  return isFirst && !namedTasks(kept).has(taskId)
}

let named: { of: SoakEvidence['kept']; ids: Set<string> } | undefined

function namedTasks(kept: SoakEvidence['kept']): Set<string> {
  if (named?.of !== kept) {
    const ids = [...kept.values()].flatMap(({ tasks }) => tasks.map((task) => String(task.provider_task_id)))
    named = { of: kept, ids: new Set(ids) }
  }
  return named.ids
}

/** The event of an erasure is about the job too. */
function isEndOf(id: string, { body }: ReceivedAttempt): boolean {
  const { type, data } = JSON.parse(body)
  return data.id === id && ['job.succeeded', 'job.failed', 'job.canceled'].includes(type)
}

function isAccepted(behavior: Case['plan']['behavior'], attempt: number): boolean {
  if (behavior === null) return false
  const response = responseTo(behavior, attempt)
  return response.kind === 'endless_body' || (response.kind !== 'disconnect' && response.status === 200)
}

function strayBillsOf({ clients, bills }: SoakEvidence): SimulatedTask[] {
  const indexes = new Set(clients.accepted.map(({ plan }) => plan.index))
  return bills.filter((bill) => !indexes.has(indexOf(bill) ?? -1))
}

function indexOf(task: SimulatedTask): number | undefined {
  return indexIn(JSON.stringify(task.request))
}
