/** Prints the result of a run as tables, and counts the breaches of the laws. */
import { deliveryWaitsMs } from '../../src/core/schedule/deliveries.ts'
import { expectedCalls, possibleCalls } from './call-names.ts'
import { isUnknowable } from './laws/check.ts'
import type { Case, Evidence } from './laws/evidence.ts'
import type { Law } from './laws/law.ts'
import { type CancelMoment, cancelMoments } from './plan-cancels.ts'
import { nameOf, type Point } from './points.ts'
import { printTable } from './print-table.ts'
import type { StormPlan, StormRecord } from './storm.ts'
import { workerFaults } from './worker-faults.ts'
import { forgeryKinds } from './world/forged-webhooks.ts'

interface Result {
  evidence: Evidence
  laws: Law[]
  stormPlan: Omit<StormPlan, 'seed'>
  record: StormRecord
  /** False: the time limit ended the run before every job was settled and every delivery ended. */
  isOver: boolean
  /** How many jobs were planned. */
  planned: number
  clockAheadMs: number
}

// With fewer jobs, a rare fault or call may not happen.
const jobsOfWholeStorm = 300

export function report(result: Result): number {
  const { evidence, record } = result
  const laws = [...result.laws, completeness(result)]
  printTable('The jobs', jobTable(evidence.cases))
  printTable('The Worker', workerTable(result))
  printTable(
    'The injected faults',
    [...record.faults].sort().map(([fault, times]) => ({ fault, times })),
  )
  printTable(
    'The laws',
    laws.map(({ name, checked, breaches }) => ({
      law: name,
      checked,
      breaches: breaches.length,
      result: breaches.length === 0 ? 'held' : 'BROKEN',
    })),
  )
  for (const { name, breaches } of laws) {
    for (const breach of breaches) console.error(`BREACH of "${name}": ${breach}`)
  }
  return sum(laws.map(({ breaches }) => breaches.length))
}

/**
 * A storm in which nothing happened proves nothing. This also catches a pattern that selects no call any more, because
 * the product has renamed a table, a column or a path.
 */
function completeness(result: Result): Law {
  const { stormPlan, record, isOver, planned, evidence } = result
  const knownCalls = [...expectedCalls, ...possibleCalls]
  const isWhole = planned >= jobsOfWholeStorm
  const accepted = evidence.cases.length
  return {
    name: 'the storm was complete',
    checked: stormPlan.points.length + (isWhole ? workerFaults.length + expectedCalls.length : 0),
    breaches: [
      ...(isOver ? [] : ['the time limit ended the run before every job and delivery had ended']),
      ...(accepted === planned ? [] : [`only ${accepted} of ${planned} jobs were accepted`]),
      ...unreached(stormPlan.points, record).map((name) => `this point was never reached: ${name}`),
      ...(record.randomKills >= stormPlan.randomKills ? [] : [`only ${record.randomKills} random kills`]),
      ...[...record.calls]
        .filter((call) => !knownCalls.includes(call))
        .map((call) => `unknown call: ${call}`),
      ...(isWhole ? missingFromWholeStorm(result) : []),
    ],
  }
}

function unreached(points: readonly Point[], { reached }: StormRecord): string[] {
  return points.map(nameOf).filter((name) => !reached.has(name))
}

function missingFromWholeStorm({ record, evidence, laws }: Result): string[] {
  const sentKinds = new Set<string>(evidence.forgeries.map(({ kind }) => kind))
  return [
    ...expectedCalls.filter((call) => !record.calls.has(call)).map((call) => `never called: ${call}`),
    ...workerFaults
      .filter(({ name }) => !record.faults.has(name))
      .map(({ name }) => `never injected: ${name}`),
    ...cancelMoments
      .filter((moment) => !evidence.cases.some((known) => isCanceledAt(known, moment)))
      .map((moment) => `never canceled: ${moment}`),
    ...forgeryKinds.filter((kind) => !sentKinds.has(kind)).map((kind) => `never forged: ${kind}`),
    ...laws.filter(({ checked }) => checked === 0).map(({ name }) => `never checked: ${name}`),
  ]
}

function isCanceledAt({ plan, cancellations }: Case, moment: CancelMoment): boolean {
  return plan.cancel?.at === moment && cancellations.length > 0
}

function jobTable(cases: Case[]) {
  const providers = [...new Set(cases.map(({ plan }) => plan.provider))]
  return providers.map((provider) => {
    const ofProvider = cases.filter(({ plan }) => plan.provider === provider)
    const withStatus = (status: string) => ofProvider.filter(({ rows }) => rows.jobs[0]?.status === status)
    const tasks = ofProvider.flatMap(({ rows }) => rows.tasks)
    const outputs = ofProvider.flatMap(({ rows }) => rows.outputs)
    const completedVia = (via: string) => tasks.filter((task) => task.completed_via === via).length
    return {
      provider,
      jobs: ofProvider.length,
      succeeded: withStatus('succeeded').length,
      failed: withStatus('failed').length,
      canceled: withStatus('canceled').length,
      'submit unknown': ofProvider.filter(isUnknowable).length,
      'outputs requested': sum(ofProvider.map(({ plan }) => Number(plan.request.count ?? 1))),
      'outputs stored': outputs.filter(({ status }) => status === 'stored').length,
      'tasks bought': sum(ofProvider.map(({ bills }) => bills.length)),
      'tasks canceled': tasksCanceled(ofProvider),
      'completed via webhook': completedVia('webhook'),
      'via upload': completedVia('upload'),
      'via poll': completedVia('poll'),
      'delivery attempts': sum(ofProvider.map(({ received }) => received.length)),
    }
  })
}

function tasksCanceled(cases: Case[]): number {
  return cases.flatMap(({ bills }) => bills).filter(({ canceledAt }) => canceledAt !== undefined).length
}

function workerTable({ stormPlan, record, evidence, clockAheadMs }: Result) {
  const reached = stormPlan.points.filter((point) => record.reached.has(nameOf(point)))
  const withAction = (action: Point['action']) => reached.filter((point) => point.action === action).length
  const gaveUp = evidence.cases.filter(({ attempts }) => attempts.length === deliveryWaitsMs.length).length
  return [
    { event: 'lives', times: record.lives },
    { event: 'killed in the middle of a step', times: withAction('kill') },
    { event: 'killed at a random moment', times: record.randomKills },
    { event: 'steps that outlived their lease', times: withAction('outlive_lease') },
    { event: 'forged webhooks', times: evidence.forgeries.length },
    { event: 'cancellations', times: sum(evidence.cases.map((known) => known.cancellations.length)) },
    { event: 'deliveries given up after ten attempts', times: gaveUp },
    { event: 'hours that the clock was advanced', times: Math.round(clockAheadMs / 3_600_000) },
  ]
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
