/** The attempts of the deliveries, one row each: the wait before it, then the call. No I/O. No clock. */
import { formatDuration } from '../../core/format.ts'
import { withoutToken } from '../../core/url/without-tokens.ts'
import type { Known } from './history.ts'
import { mark, type Row, wait, work } from './row.ts'

type Delivery = Known['deliveries'][number]
type Labeled = Delivery & { label: string }
type Attempt = Delivery['attempts'][number]

export function deliveryRows({ deliveries, nowMs }: Known): Row[] {
  const receivers = new Set(deliveries.map(({ url }) => withoutToken(url)))
  return deliveries.flatMap((delivery) => {
    const label = labelOf(delivery, receivers)
    let before = Date.parse(delivery.created_at)
    const rows = delivery.attempts.map((attempt) => {
      const from = before
      before = Date.parse(attempt.started_at) + attempt.duration_ms
      return attemptRow({ ...delivery, label }, attempt, from)
    })
    const isOver = delivery.status !== 'pending'
    return isOver && rows.length > 0 ? rows : [...rows, stateRow({ ...delivery, label }, before, nowMs)]
  })
}

/** The host, and the path if another receiver has the same host. */
function labelOf({ event_type, url }: Delivery, receivers: ReadonlySet<string>): string {
  if (!URL.canParse(url)) return `${event_type} to ${url}`
  const { host, pathname } = new URL(url)
  const ofHost = [...receivers].filter((other) => URL.canParse(other) && new URL(other).host === host)
  return `${event_type} to ${host}${ofHost.length > 1 ? pathname : ''}`
}

function attemptRow(delivery: Labeled, attempt: Attempt, before: number): Row {
  const { n, status, error, duration_ms, response_headers: headers, response_body } = attempt
  const from = Date.parse(attempt.started_at)
  const tone = error === null ? 'good' : 'bad'
  const outcome = status === null ? (error ?? 'no response') : `HTTP ${status}`
  const answer = {
    title: outcome,
    at: new Date(from + duration_ms).toISOString(),
    headers,
    body: response_body ?? '',
  }
  return {
    ...named(delivery, n, { error }),
    outcome,
    tone,
    segments: [
      wait(before, from, 'before the attempt'),
      { ...work(from, from + duration_ms, outcome), tone },
    ],
    answers: status === null ? [] : [answer],
  }
}

/** The attempt that a pending delivery waits for, or the end of one whose attempts were deleted or that has none. */
function stateRow(delivery: Labeled, before: number, nowMs: number): Row {
  const { next_attempt_at, reason, status, attempt_count } = delivery
  const isOpen = status === 'pending'
  const waitMs = Date.parse(next_attempt_at ?? '') - nowMs
  const state = isOpen ? (waitMs > 0 ? `in ${formatDuration(waitMs)}` : 'due') : status
  const tone = isOpen ? 'active' : status === 'delivered' ? 'good' : 'bad'
  return {
    ...named(delivery, attempt_count + Number(isOpen), { next_attempt: next_attempt_at }),
    outcome: reason === null ? state : `${state}: ${reason.replaceAll('_', ' ')}`,
    tone,
    segments: isOpen
      ? [{ ...wait(before, Math.max(nowMs, before), 'before the attempt'), isOpen }]
      : [{ ...mark(before, status), tone }],
  }
}

function named(
  { id, label, url, status, reason }: Labeled,
  n: number,
  facts: Row['facts'],
): Pick<Row, 'id' | 'label' | 'facts'> {
  return {
    id: `timeline-${id}-${n}`,
    label: `${label}${n > 1 ? `, attempt ${n}` : ''}`,
    facts: { ...facts, url, reason: status === 'failed' ? reason : null, delivery: `/deliveries/${id}` },
  }
}
