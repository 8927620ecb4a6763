/**
 * The entries of a timeline that are made from the rows of a job. An id is made of what its entry is about, and never of
 * its position, so that an entry keeps its id whatever else happens. An entry that was notified has the id of its
 * deliveries, which their `webhook-id` shows. No I/O. No clock.
 */
import type { ProviderChoice } from '../choice/choice.ts'
import type { Cost, Estimates } from '../cost.ts'
import type { EventType } from '../event.ts'
import { eventIdOf, eventIdOfHash } from '../id.ts'
import type { ProviderName } from '../request/choices.ts'
import { selectionOf } from '../request/selection.ts'
import { canceled, cancellationOf, isCanceled } from './cancellation.ts'
import { type JobRows, viewMetadata } from './view.ts'

export interface Entry {
  id: string
  type: string
  createdAt: number
  data: Record<string, unknown>
}

export interface TimelineRows {
  job: JobRows['job'] & {
    providers: readonly ProviderName[]
    estimates: Estimates
    choice: ProviderChoice
  }
  tasks: readonly (JobRows['tasks'][number] & { n: number; cost: Cost | null })[]
  outputs: readonly (JobRows['outputs'][number] &
    (
      | { status: 'waiting' | 'failed' }
      | { status: 'stored'; storedVia: string; attempts: number; metadataReadAt: number | null }
    ))[]
  /** The journal. */
  webhooks: readonly { hash: string; provider: ProviderName; receivedAt: number }[]
  /** The events that deliveries were made for. */
  notified: readonly { id: string; type: EventType }[]
}

/** In the order of their tasks, webhooks and outputs. */
export function madeEntries(rows: TimelineRows): Entry[] {
  const { job, webhooks } = rows
  return [
    acceptedEntry(job),
    ...taskEntries(rows),
    ...webhooks.map((webhook) => webhookEntry(job.id, webhook)),
    ...outputEntries(rows),
    ...endEntries(rows),
  ]
}

function acceptedEntry({
  id,
  request,
  providers,
  estimates,
  choice,
  retryOf,
  createdAt,
}: TimelineRows['job']): Entry {
  const retried = retryOf === null ? {} : { retry_of: retryOf }
  const chosen = { by: selectionOf(request) ?? 'named', ...choice }
  const data = { model: request.model, providers, choice: chosen, estimates, ...retried }
  return { id: eventIdOf(id, numbers.accepted), type: 'job.accepted', createdAt, data }
}

function taskEntries({ job, tasks, notified }: TimelineRows): Entry[] {
  const submittedAts = tasks.flatMap(({ submittedAt }) => submittedAt ?? [])
  const first = tasks.find(({ submittedAt }) => submittedAt === Math.min(...submittedAts))
  return tasks.flatMap((task) => [
    // The notification that a job is generating is about its first accepted task.
    ...submittedEntries(job.id, task, task === first ? idAmong(notified, 'job.generating') : null),
    ...taskEndEntries(job, task, nextProviderOf(job, tasks, task)),
  ])
}

function submittedEntries(
  jobId: string,
  { n, provider, providerTaskId, submittedAt }: TimelineRows['tasks'][number],
  notifiedId: string | null,
): Entry[] {
  if (submittedAt === null) return []
  const id = notifiedId ?? eventIdOf(jobId, numbers.submitted + n)
  const data = { provider, provider_task_id: providerTaskId }
  return [{ id, type: 'task.submitted', createdAt: submittedAt, data }]
}

/** An end after that of the job is late: it has an id of its own, and the earlier end keeps its id. */
export function taskEndEntries(
  job: Pick<TimelineRows['job'], 'id' | 'settledAt'>,
  task: TimelineRows['tasks'][number],
  nextProvider: ProviderName | null = null,
): Entry[] {
  const { n, status, provider, completedVia, cost, fault, endedAt } = task
  const isEnded = status === 'succeeded' || status === 'failed' || status === 'rejected'
  if (!isEnded || endedAt === null) return []
  const hasConfirmed = isCanceled(task)
  // A task that ended because its job was canceled has no entry of its own, unless its provider confirmed that.
  if (fault?.code === canceled.code && !hasConfirmed) return []
  const seen = { completed_via: completedVia, cost, fault: fault?.code ?? null }
  const next = nextProvider === null ? {} : { next_provider: nextProvider }
  const closed = { fault: fault?.code ?? null, message: fault?.message ?? null, ...next }
  const isLate = job.settledAt !== null && endedAt > job.settledAt
  const id = eventIdOf(job.id, (isLate ? numbers.lateTaskEnd : numbers.taskEnd) + n)
  const data = { provider, ...(completedVia === null ? closed : seen) }
  return [{ id, type: hasConfirmed ? 'task.canceled' : `task.${status}`, createdAt: endedAt, data }]
}

/** Where the job went on after a refusal. Null: it did not. */
function nextProviderOf(
  { provider }: Pick<TimelineRows['job'], 'provider'>,
  tasks: TimelineRows['tasks'],
  { n, status, provider: refusing }: TimelineRows['tasks'][number],
): ProviderName | null {
  if (status !== 'rejected') return null
  // It may wait for a slot there, without a task.
  const next = tasks.find((other) => other.n > n)?.provider ?? provider
  return next === refusing ? null : next
}

function webhookEntry(
  jobId: string,
  { hash, provider, receivedAt: createdAt }: TimelineRows['webhooks'][number],
): Entry {
  return { id: eventIdOfHash(jobId, hash), type: 'webhook.received', createdAt, data: { provider } }
}

function outputEntries({ job, outputs, notified }: TimelineRows): Entry[] {
  const made = outputs.flatMap((output): Entry[] => {
    if (output.status !== 'stored' || output.metadataReadAt === null) return []
    const { n, storedVia: via, metadataReadAt: createdAt, bytes, sha256, metadata } = output
    const data = {
      n,
      via,
      bytes,
      sha256,
      ...viewMetadata(metadata),
      ...(output.isUnconfirmed && { unconfirmed: true }),
      ...(output.attempts > 1 && { attempts: output.attempts }),
    }
    const type = output.isLate ? 'output.late' : 'output.stored'
    return [{ id: eventIdOf(job.id, numbers.output + n), type, createdAt, data }]
  })
  return (['output.stored', 'output.late'] as const).flatMap((type) => {
    const entries = made.filter((entry) => entry.type === type)
    const id = idAmong(notified, type)
    return entries.length === 1 && id !== null ? entries.map((entry) => ({ ...entry, id })) : entries
  })
}

function endEntries({ job, tasks, notified }: TimelineRows): Entry[] {
  const { status, settledAt: createdAt, fault } = job
  if (createdAt === null || (status !== 'succeeded' && status !== 'failed' && status !== 'canceled'))
    return []
  const cause = { fault: fault?.code ?? null, message: fault?.message ?? null }
  const type = `job.${status}` as const
  const id = idAmong(notified, type) ?? eventIdOf(job.id, numbers.end)
  return [{ id, type, createdAt, data: status === 'canceled' ? { ...cancellationOf(tasks) } : cause }]
}

/** The id under which an event of that type was notified. Null: none was, or several were. */
function idAmong(notified: TimelineRows['notified'], type: EventType): string | null {
  const ids = new Set(notified.flatMap((event) => (event.type === type ? [event.id] : [])))
  const [id = null] = ids
  return ids.size === 1 ? id : null
}

// The ids are made of these numbers. A job has fewer than 254 tasks.
const numbers = { accepted: 0, end: 1, submitted: 256, taskEnd: 512, output: 768, lateTaskEnd: 2 }
