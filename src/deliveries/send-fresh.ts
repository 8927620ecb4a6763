/**
 * sendFresh: the deliveries that a step has just committed. Those that were inserted under their first lease are attempted
 * at once, so an ordinary job needs no message for its delivery. The others are woken on the queue.
 */
import { NotSentError } from '../connections.ts'
import type { Context } from '../context.ts'
import { hostAndPathOf } from '../core/delivery.ts'
import { describeError } from '../log.ts'
import type { DeliveryDraft } from '../store/deliveries/claim.ts'
import type { ClaimedDelivery } from '../store/deliveries/claimed.ts'
import type { Fresh } from '../store/jobs/commit.ts'
import { attemptClaimed, postpone } from './attempt-claimed.ts'

interface NotifyingJob {
  id: string
  apiKeyId: string
  callbackSecret: string | null
  callbackHeaders: string | null
  traceparent: string | null
}

/** `fresh`: those under their first lease. Null: there are none. Everything else that an attempt needs is here, too. */
export async function sendFresh(
  context: Context,
  job: NotifyingJob,
  deliveries: readonly DeliveryDraft[],
  fresh: Fresh | null,
): Promise<void> {
  const isClaimed = ({ id }: DeliveryDraft) => fresh?.ids.includes(id) === true
  await context.queues.deliveries(deliveries.filter((draft) => !isClaimed(draft)).map(({ id }) => id))
  const attempts = deliveries.filter(isClaimed).map((draft) => firstClaim(job, draft))
  await Promise.all(attempts.map((delivery) => attemptFresh(context, delivery, fresh?.leasedUntil ?? 0)))
}

function firstClaim(job: NotifyingJob, draft: DeliveryDraft): ClaimedDelivery {
  const { id, endpointId, eventId, eventType, format, url, body } = draft
  return {
    id,
    endpointId,
    eventId,
    eventType,
    format,
    url,
    body,
    ...hostAndPathOf(url),
    jobId: job.id,
    ownerId: endpointId ?? job.apiKeyId,
    callbackSecret: job.callbackSecret,
    callbackHeaders: job.callbackHeaders,
    traceparent: job.traceparent,
    attempts: 0,
    attemptsBefore: 0,
    lease: id,
    isLaneHealthy: true,
    streak: null,
    isTrial: false,
  }
}

/** The longest attempt: two waits for a connection, the lookup of the host, and the request. */
const attemptMs = 35_000

/** As long as a request waits for a connection. After it the queue makes the attempt. */
const maxWaitMs = 5_000

async function attemptFresh(context: Context, delivery: ClaimedDelivery, leasedUntil: number): Promise<void> {
  const attempt = () => {
    // After a slow commit the lease may end during the attempt, and another one would be made beside it.
    const isEnough = leasedUntil - context.now() >= attemptMs
    return isEnough ? attemptClaimed(context, delivery) : postpone(context, delivery)
  }
  try {
    await context.freshAttempts.hold(attempt, { maxWaitMs }).catch((error) => {
      if (error instanceof NotSentError) return postpone(context, delivery)
      throw error
    })
  } catch (error) {
    // The step has committed, and this is no failure of it. The lease ends, and the sweep wakes the delivery.
    context.log('delivery.failed', { delivery_id: delivery.id, error: describeError(error) })
  }
}
