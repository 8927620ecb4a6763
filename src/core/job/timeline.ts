/**
 * The timeline of a job. An entry that other rows of the job show is made from them each time the timeline is read, and
 * only the others are stored, as rows of `events`. No I/O. No clock.
 *
 * | entry                             | made from   | stored even so                                                   |
 * | --------------------------------- | ----------- | ---------------------------------------------------------------- |
 * | `job.accepted`                    | the job     |                                                                  |
 * | `task.submitted`                  | the task    | with several deliveries                                          |
 * | `task.rejected`                   | its tasks   |                                                                  |
 * | `task.succeeded`, `task.failed`   | the task    | the end at the deadline, once a late result has replaced it      |
 * | `task.canceled`                   | the task    |                                                                  |
 * | `webhook.received`                | the journal |                                                                  |
 * | `output.stored`, `output.late`    | the output  | with deliveries, which do not name their output; with an error   |
 * | `job.succeeded`, `job.failed`     | the job     | with several deliveries                                          |
 * | `job.canceled`                    | the job     | always: a late result changes what its tasks say                 |
 * | every other                       |             | always: no other row has its data or its time                    |
 *
 * Several deliveries of one event share its body, which is in its row. Pruning deletes the rows of `events` and the journal.
 */
import { type Entry, madeEntries, type TimelineRows } from './made-entries.ts'

/** Whether the timeline shows the event without a row of its own. `deliveries`: how many it has. */
export function isMadeFromRows({ type, data }: Pick<Entry, 'type' | 'data'>, deliveries: number): boolean {
  switch (type) {
    case 'task.submitted':
    case 'task.rejected':
    case 'task.succeeded':
    case 'task.failed':
    case 'job.succeeded':
    case 'job.failed':
      return deliveries <= 1
    case 'output.stored':
    case 'output.late':
      return deliveries === 0 && data.metadata_error === undefined
    default:
      return false
  }
}

/** Oldest first. `stored`: by id. */
export function timelineOf(rows: TimelineRows & { stored: readonly Entry[] }): Entry[] {
  const { stored } = rows
  const isStored = new Set(stored.map(subjectOf))
  const made = madeEntries(rows).filter((entry) => !isStored.has(subjectOf(entry)))
  // The sort is stable: made entries are in the order of their tasks, webhooks and outputs.
  return [...made, ...stored].sort((one, two) => one.createdAt - two.createdAt || placeOf(one) - placeOf(two))
}

/** The task, output or end that an entry is about. A stored entry replaces the made one with the same subject. */
function subjectOf({ id, type, data }: Entry): string {
  // A task can have two ends: at its job's deadline, and late. Each has its own id.
  if (type === 'task.succeeded' || type === 'task.failed' || type === 'task.canceled') return id
  return `${type} ${data.n ?? data.provider_task_id ?? ''}`
}

// The usual order, for entries of the same millisecond. Others come last.
const places: readonly string[][] = [
  ['job.accepted'],
  ['job.waiting', 'job.provider_changed', 'task.deferred', 'task.unknown', 'task.resubmitted'],
  ['task.submitted', 'task.rejected'],
  ['webhook.received'],
  ['task.succeeded', 'task.failed'],
  ['output.stored', 'output.late', 'output.failed'],
  ['output.exported', 'output.export_failed'],
  ['job.succeeded', 'job.failed', 'job.canceled'],
]

function placeOf({ type }: Entry): number {
  const place = places.findIndex((types) => types.includes(type))
  return place === -1 ? places.length : place
}
