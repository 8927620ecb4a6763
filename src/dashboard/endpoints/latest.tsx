/** The latest deliveries of an endpoint, and how many of them it accepted. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import type { Caller } from '../../core/access.ts'
import { DeliveryTable } from '../deliveries/table.tsx'

interface Props {
  endpoint: EndpointView
  deliveries: readonly DeliveryView[]
  caller: Caller
  nowMs: number
}

export function LatestDeliveries({ endpoint: { id }, deliveries, caller, nowMs }: Props) {
  const count = (status: string) => deliveries.filter((delivery) => delivery.status === status).length
  const [delivered, pending, failed] = [count('delivered'), count('pending'), count('failed')]
  if (deliveries.length === 0)
    return (
      <section>
        <h2>Latest deliveries</h2>
        <p class="empty card">Nothing was sent to it yet.</p>
      </section>
    )
  return (
    <section>
      <h2>Latest deliveries</h2>
      <p class="row">
        <meter class="success" min="0" max={deliveries.length} value={delivered} aria-hidden="true" />
        <span>
          Of the last {deliveries.length}: {delivered} delivered, {pending} pending, {failed} failed.
        </span>
        <a href={`/deliveries?endpoint_id=${id}`}>All deliveries</a>
      </p>
      <DeliveryTable deliveries={deliveries} caller={caller} nowMs={nowMs} />
    </section>
  )
}
