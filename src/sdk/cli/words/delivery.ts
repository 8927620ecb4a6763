/** How a delivery is shown: in the table and by itself. No I/O. */
import { formatDuration } from '../../../core/format.ts'
import type { Delivery } from '../../client/generated/api.schemas.ts'
import type { Style } from '../output.ts'
import type { Column } from '../table.ts'
import { ageOf, plain } from '../text.ts'

export function deliveryColumns(style: Style, nowMs = Date.now()): Column<Delivery>[] {
  return [
    { title: 'Delivery', cell: ({ id }) => id },
    { title: 'Status', cell: statusOf, paint: (text, { status }) => statusStyle(status, style)(text) },
    { title: 'Event', cell: ({ event_type }) => event_type },
    { title: 'Age', cell: ({ created_at }) => ageOf(created_at, nowMs), isRight: true, rank: 5 },
    { title: 'Attempts', cell: ({ attempt_count }) => String(attempt_count), isRight: true, rank: 3 },
    { title: 'Last', cell: lastAnswer, rank: 4 },
    { title: 'Job', cell: ({ job_id }) => job_id, rank: 1 },
    { title: 'URL', cell: ({ url }) => plain(url), isFlexible: true, rank: 2 },
  ]
}

function statusOf({ status, reason }: Delivery): string {
  return reason === null ? status : `${status} (${reason.replaceAll('_', ' ')})`
}

export function statusStyle(status: Delivery['status'], style: Style): (text: string) => string {
  switch (status) {
    case 'delivered':
      return style.green
    case 'failed':
      return style.red
    case 'pending':
      return style.cyan
  }
}

/** The reason as a part of a sentence; empty without one. */
export function reasonOf({ reason }: Delivery): string {
  switch (reason) {
    case null:
      return ''
    case 'waiting_for_host':
      return 'waits, because the host is down or busy'
    case 'sent_now':
      return 'is sent now'
    case 'exhausted':
      return 'the last attempt of its schedule failed'
    case 'gone':
      return 'the receiver answered 410 Gone'
    case 'aborted':
      return 'the receiver asked for no further attempt'
    case 'disabled':
      return 'its receiver is disabled'
    case 'endpoint_deleted':
      return 'its endpoint was deleted'
    case 'pruned':
      return 'its body was deleted, because the job ended long ago'
  }
}

type Attempt = Delivery['attempts'][number]

export function attemptLines(attempt: Attempt, style: Style): string[] {
  const { n, started_at, duration_ms, response_body } = attempt
  const isAccepted = attempt.status !== null && attempt.status >= 200 && attempt.status < 300
  const answer = (isAccepted ? style.green : style.red)(answerOf(attempt))
  const excerpt = plain(response_body ?? '')
    .trim()
    .slice(0, maxExcerpt)
  return [
    `${String(n).padStart(3)}  ${started_at}  ${answer}  ${style.dim(`in ${formatDuration(duration_ms)}`)}`,
    ...(excerpt === '' ? [] : [style.dim(`     ${excerpt}`)]),
  ]
}

/** How much it shows of the answer of a receiver. */
const maxExcerpt = 300

function answerOf({ status, error }: Attempt): string {
  const text = plain(error ?? '')
  if (status === null) return text === '' ? 'no answer' : text
  // The error repeats the status, and may say more.
  return text === '' ? String(status) : `${status}: ${text}`
}

function lastAnswer({ attempts }: Delivery): string {
  const last = attempts.at(-1)
  if (last === undefined) return ''
  return last.status === null ? 'no answer' : String(last.status)
}
