/** deliver: for a message of the queue. Claims one delivery and makes one attempt. */
import type { Context } from '../context.ts'
import { claimDelivery } from '../store/deliveries/claim.ts'
import { attemptClaimed } from './attempt-claimed.ts'

export async function deliver(context: Context, deliveryId: string): Promise<void> {
  const { now, log } = context
  const claimed = await claimDelivery(context.dbOf(deliveryId), deliveryId, crypto.randomUUID(), now())
  if (claimed === null) return
  if ('parkedForHost' in claimed) {
    return log('delivery.parked', { delivery_id: deliveryId, host: claimed.parkedForHost })
  }
  await attemptClaimed(context, claimed.delivery)
}
