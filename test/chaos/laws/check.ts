/** The laws: what must hold for every job, whatever happened to it. */
import type { Row } from '../lives/storage.ts'
import { isCanceled, lawsOfCancellations } from './cancellations.ts'
import { type Case, codeOf, type Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'
import { lawsOfNotifications } from './notifications.ts'
import { lawsOfThePlatform } from './platform.ts'
import { lawsOfPurchases } from './purchases.ts'
import { lawsOfStoredVideos } from './stored-videos.ts'

export async function checkLaws(evidence: Evidence): Promise<Law[]> {
  const { cases, jobCount } = evidence
  return [
    {
      name: 'a repeated POST creates no second job',
      checked: jobCount,
      breaches: jobCount === cases.length ? [] : [`${cases.length} requests created ${jobCount} jobs`],
    },
    forEach('every accepted job reaches a final status, exactly once', cases, faultsOfSettling),
    forEach('every job ends with the status that its faults allow', cases, faultsOfFinalStatus),
    forEach('no settled job changes', cases, changesAfterSettling),
    ...lawsOfNotifications(evidence),
    ...lawsOfPurchases(evidence),
    ...lawsOfCancellations(evidence),
    ...lawsOfThePlatform(evidence),
    ...(await lawsOfStoredVideos(evidence)),
    {
      name: 'no forged webhook has an effect',
      checked: evidence.forgeries.length,
      breaches: effectsOfForgeries(evidence),
    },
    {
      name: 'no row stays leased, due or pending',
      checked: cases.length,
      breaches: evidence.unfinishedRows.map((row) => JSON.stringify(row)),
    },
  ]
}

const finalEvents = ['job.succeeded', 'job.failed', 'job.canceled']

function faultsOfSettling({ rows }: Case): string[] {
  const [job] = rows.jobs
  if (job === undefined) return ['has no row']
  // An end that has no row of its own is shown by its delivery, or by the job alone.
  const events = new Map([
    ...rows.events.map(({ id, type }) => [id, type] as const),
    ...rows.deliveries.map(({ event_id, event_type }) => [event_id, event_type] as const),
  ])
  const ends = [...events.values()].filter((type) => finalEvents.includes(String(type)))
  const end = `job.${job.status}`
  const isOnce = finalEvents.includes(end) && ends.length <= 1 && ends.every((type) => type === end)
  return isOnce ? [] : [`is ${job.status}, with final events: ${ends.join(', ') || 'none'}`]
}

function faultsOfFinalStatus(known: Case): string[] {
  const { plan, rows } = known
  const [job] = rows.jobs
  const expected = isCanceled(known) ? 'canceled' : plan.finalStatus
  if (job === undefined || job.status === expected || isUnknowable(known)) return []
  return [`is ${job.status} (${codeOf(job)}), expected ${expected}: ${plan.request.prompt}`]
}

/**
 * A job that is interrupted between writing the task row and reading the response cannot know whether the provider
 * accepted its task, unless the provider's API shows it. At its deadline it fails with `submit_unknown` instead of buying
 * again. This is allowed only where the task cannot be found: Crun and fal show nothing but a webhook, and AI/ML API may omit
 * the task from its log. Runware accepts a repeated submission without making it twice, so it is never allowed there.
 */
export function isUnknowable({ rows, snapshot, bills }: Case): boolean {
  // As they were at the end: a late check may have found the task since.
  const { tasks } = snapshot ?? rows
  const unknown = tasks.filter((task) => codeOf(task) === 'submit_unknown')
  const ids = tasks.map((task) => task.provider_task_id)
  const lost = bills.filter(({ taskId }) => !ids.includes(taskId))
  const isHidden = lost.every(
    ({ provider, directives }) => provider === 'crun' || provider === 'fal' || directives.log === 'never',
  )
  return unknown.length > 0 && isHidden && unknown.every(({ provider }) => provider !== 'runware')
}

// Events about the notification, not about the job.
const laterEvents = ['delivery.failed', 'message.dead_lettered']

function changesAfterSettling({ rows, snapshot }: Case): string[] {
  if (snapshot === undefined) return ['was never seen settled']
  const eventsOfJob = (events: Row[]) => events.filter(({ type }) => !laterEvents.includes(String(type)))
  const late = lateTasksOf(snapshot)
  const inTime = (tasks: Row[]) => tasks.filter(({ n }) => !late.includes(n))
  // A late check and the tasks of a canceled job add events.
  const kept = (events: Row[]) =>
    late.length === 0 ? events : events.filter(({ id }) => snapshot.events.some((event) => event.id === id))
  return [
    ...changes('job', snapshot.jobs.map(withoutLateWebhooks), rows.jobs),
    ...changes('task', inTime(snapshot.tasks), inTime(rows.tasks)),
    ...changes('output', snapshot.outputs, late.length === 0 ? rows.outputs : rows.outputs.filter(isInTime)),
    ...changes('event', eventsOfJob(snapshot.events), eventsOfJob(kept(rows.events))),
    ...changes('delivery', snapshot.deliveries.map(contentOf), rows.deliveries.map(contentOf)),
  ]
}

/**
 * The numbers of the tasks that may still change. After a failure: time ran out, so they may still bring a video. After a
 * cancellation: a response was in the air, or their provider is asked to cancel them.
 */
function lateTasksOf({ jobs: [job], tasks }: NonNullable<Case['snapshot']>): unknown[] {
  if (job?.status === 'canceled') return tasks.filter(({ status }) => !isEnded(status)).map(({ n }) => n)
  if (job?.status !== 'failed') return []
  const codes = ['deadline_exceeded', 'submit_unknown', 'internal_error']
  return tasks.filter((task) => codes.includes(codeOf(task))).map(({ n }) => n)
}

function isEnded(status: Row[string] | undefined): boolean {
  return status === 'succeeded' || status === 'failed'
}

function isInTime({ late }: Row): boolean {
  return late !== 1
}

/** Webhooks after the end are counted, and change nothing else. */
function withoutLateWebhooks({ late_webhooks: _, late_webhook_at: __, ...job }: Row): Partial<Row> {
  return job
}

function contentOf({ id, event_id, event_type, url, body }: Row) {
  return { id, event_id, event_type, url, body }
}

/** A column that a later migration added is no change. */
function changes(table: string, before: Partial<Row>[], after: Partial<Row>[]): string[] {
  const isSame = (row: Partial<Row>, index: number) =>
    Object.entries(row).every(([column, value]) => after[index]?.[column] === value)
  return before.length === after.length && before.every(isSame) ? [] : [`its ${table} rows have changed`]
}

function effectsOfForgeries({ forgeries, journaledForgeries, strayRequests }: Evidence): string[] {
  const isAllowed = ({ expectedStatus, status }: (typeof forgeries)[number]) =>
    status === expectedStatus || (expectedStatus === 200 && status >= 500)
  const accepted = forgeries.filter(({ status }) => status === 200).length
  return [
    ...forgeries
      .filter((forgery) => !isAllowed(forgery))
      .map(({ kind, status }) => `${kind} got the response ${status}`),
    ...(journaledForgeries > accepted
      ? [`${journaledForgeries} forged webhooks are in the journal, but only ${accepted} were accepted`]
      : []),
    ...strayRequests
      .filter((request) => request.includes('/trap'))
      .map((request) => `a forged URL was called: ${request}`),
  ]
}
