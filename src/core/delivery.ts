/** How a delivery stands, and why; and what is known of the host it goes to. No I/O. No clock. */
import { hostPatienceMs, ownFailuresToDisable, streakForgottenMs } from './schedule.ts'

export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** Why a pending delivery waits without a date of its own, or why a failed one was given up. */
export const deliveryReasons = {
  waiting_for_host: 'waits in line for its host, which is down, or has as many attempts under way as it may',
  sent_now: 'is sent at once, because a caller asked for it',
  exhausted: 'failed at the last attempt of its schedule',
  gone: 'failed, because the caller answered 410',
  aborted: 'failed, because the caller answered webhook-delivery: abort-message',
  disabled: 'failed, because its endpoint, or its API key for this host, is disabled',
  endpoint_deleted: 'failed, because its endpoint was deleted',
} as const

export type DeliveryReason = keyof typeof deliveryReasons

export const deliveryReasonNames = Object.keys(deliveryReasons) as [DeliveryReason, ...DeliveryReason[]]

/**
 * What an attempt told of its host: it took it, it is up but refused this, it is down (no answer, or one that says it
 * cannot answer now), or it was not asked.
 */
export type HostResult = 'accepted' | 'refused' | 'down' | 'not_sent'

/** The refusals of a host since it last took something. */
export interface FailureStreak {
  failingSince: number
  failedAt: number
}

/** Whether one more failure, now, is the last for those it happens to. `own`: those of this delivery, with this one. */
export function isPatienceOver(
  { failingSince, failedAt }: FailureStreak,
  own: number,
  nowMs: number,
): boolean {
  const isOneStreak = nowMs - failedAt < streakForgottenMs
  return isOneStreak && own >= ownFailuresToDisable && nowMs - failingSince >= hostPatienceMs
}

/** The host of a URL, with its port where it names one, and the path there. */
export function hostAndPathOf(url: string): { host: string; path: string } {
  const { host, pathname } = new URL(url)
  return { host, path: pathname }
}
