/** The state of a delivery and of its host, in words for people. No I/O. No clock. */
import type { HostView } from '../../api/deliveries/hosts.ts'
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { type DeliveryReason, deliveryReasons } from '../../core/delivery.ts'
import { formatCount, formatDuration } from '../../core/format.ts'

type Attempt = Pick<DeliveryView['attempts'][number], 'status' | 'error'>

/** `HTTP 500`, `HTTP 302: … a redirect is not followed`, `No response: …`. */
export function answerInWords({ status, error }: Attempt): string {
  if (status === null) return `No response: ${error ?? 'the reason is not known'}`
  return error === null || error === `the caller answered ${status}`
    ? `HTTP ${status}`
    : `HTTP ${status}: ${error}`
}

/** `Now` once the moment has come. */
export function momentInWords(at: string, nowMs: number): string {
  const waitMs = Date.parse(at) - nowMs
  return waitMs <= 0 ? 'now' : `in ${formatDuration(Math.max(1_000, waitMs))}`
}

type Stage = Pick<DeliveryView, 'status' | 'reason' | 'next_attempt_at'>

/** Whether another attempt can be made: its receiver and its body exist. */
export function isSendable({ reason }: Pick<DeliveryView, 'reason'>): boolean {
  return reason !== 'endpoint_deleted' && reason !== 'pruned'
}

/** For a column of a list. */
export function nextInShort({ status, next_attempt_at: at }: Stage, nowMs: number): string {
  if (status !== 'pending') return 'none'
  return at === null ? 'when its host accepts again' : momentInWords(at, nowMs)
}

export function reasonInWords(reason: DeliveryReason): string {
  return `It ${deliveryReasons[reason]}.`
}

/** The next attempt or the end, and what a person can do about it. */
export function nextInWords(delivery: Stage, nowMs: number): string {
  const { status, reason, next_attempt_at: at } = delivery
  switch (status) {
    case 'delivered':
      return 'Nothing. The receiver has accepted it.'
    case 'failed':
      return `It is given up: no further attempt is made. ${reason === null ? '' : remedies[reason]}`
    case 'pending':
      if (reason === 'sent_now') return 'It is sent now. Load the page again to see the answer.'
      if (at === null) return 'It is sent once its host accepts deliveries again and has a free place.'
      return `The next attempt is made ${momentInWords(at, nowMs)}.`
  }
}

const remedies: Readonly<Record<DeliveryReason, string>> = {
  waiting_for_host: '',
  sent_now: '',
  exhausted: 'Correct the receiver, then send it again: its schedule of ten attempts starts again.',
  gone: 'If the receiver was wrong to answer 410, send it again.',
  aborted: 'If the receiver was wrong to refuse it for good, send it again.',
  disabled: 'Correct the receiver and enable it, then send it again.',
  endpoint_deleted: 'It cannot be sent again. The page of the job shows what happened.',
  pruned: 'It cannot be sent again. The page of the job shows what happened.',
}

/** The deliveries of a host in trouble. The page shows the name and the first failure before it. */
export function hostInWords(host: HostView, nowMs: number): string {
  const waiting = waitingInWords(host.waiting_count)
  switch (host.state) {
    case 'down': {
      const next =
        host.next_attempt_at === null
          ? 'with the next delivery'
          : `next ${momentInWords(host.next_attempt_at, nowMs)}`
      return `${waiting} It is tried with one delivery at a time, ${next}.`
    }
    case 'failing':
      return `${formatCount(host.failures)} failed ${host.failures === 1 ? 'attempt' : 'attempts'}. ${host.waiting_count === 0 ? '' : `${waiting} `}Each delivery is tried again on its schedule.`
    case 'busy':
      return `${waiting} It has its maximum number of attempts running; each that ends makes room for the next.`
  }
}

function waitingInWords(count: number): string {
  if (count === 0) return 'No delivery waits.'
  return count === 1 ? '1 delivery waits.' : `${formatCount(count)} deliveries wait.`
}
