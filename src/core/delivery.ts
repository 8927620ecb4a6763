/** The status of a delivery and its reasons, and when failures disable its receiver. No I/O. No clock. */
import { disableAfterMs, ownFailuresToDisable, streakForgottenMs } from './schedule/deliveries.ts'

export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

/** Why a pending delivery has no planned attempt, or why a failed one stopped. */
export const deliveryReasons = {
  waiting_for_host:
    'waits in the host queue, because the host is down or has its maximum number of attempts running',
  sent_now: 'is sent immediately, because a caller requested it',
  exhausted: 'failed at its last scheduled attempt',
  gone: 'failed, because the receiver responded with 410',
  aborted: 'failed, because the receiver responded with webhook-delivery: abort-message',
  disabled: 'failed, because its endpoint, or its API key for this host, is disabled',
  endpoint_deleted: 'failed, because its endpoint was deleted',
  pruned: 'failed, because its body was deleted a number of days after the job ended',
} as const

export type DeliveryReason = keyof typeof deliveryReasons

export const deliveryReasonNames = Object.keys(deliveryReasons) as [DeliveryReason, ...DeliveryReason[]]

/**
 * The result of an attempt for its host: it accepted the delivery, it is up but refused it, it is down (no response, or
 * one that says it is unavailable), or no request was sent.
 */
export type HostResult = 'accepted' | 'refused' | 'down' | 'not_sent'

/** The failures of a receiver since it last accepted a delivery. */
export interface FailureStreak {
  failingSince: number
  failedAt: number
}

/** Whether this failure disables the receiver. `ownFailures`: the failures of this delivery, this one included. */
export function disablesReceiver(
  { failingSince, failedAt }: FailureStreak,
  ownFailures: number,
  nowMs: number,
): boolean {
  const isOneStreak = nowMs - failedAt < streakForgottenMs
  return isOneStreak && ownFailures >= ownFailuresToDisable && nowMs - failingSince >= disableAfterMs
}

/** The host of a URL, with its port if it has one, and its path. */
export function hostAndPathOf(url: string): { host: string; path: string } {
  const { host, pathname } = new URL(url)
  return { host, path: pathname }
}
