/** The notifications of a job: which receiver got which event. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { formatCount } from '../../core/format.ts'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { isSendable } from '../deliveries/words.ts'
import type { ShownJob } from './load.ts'

interface Props {
  shown: Pick<ShownJob, 'job' | 'hasOlderDeliveries' | 'isUnread'>
  deliveries: readonly DeliveryView[]
}

export function JobDeliveries({ shown: { job, hasOlderDeliveries, isUnread }, deliveries }: Props) {
  return (
    <section id="deliveries" data-live aria-labelledby="deliveries-title">
      <h2 id="deliveries-title">Deliveries</h2>
      {hasOlderDeliveries && (
        <p>
          These are the latest {deliveries.length}:{' '}
          <a href={`/deliveries?job_id=${job.id}`}>all deliveries</a>
        </p>
      )}
      {isUnread.deliveries ? (
        <p class="alert bad">The deliveries could not be read. Load the page again.</p>
      ) : deliveries.length === 0 ? (
        <p class="card quiet">Nothing was sent yet: no event that has happened has a receiver.</p>
      ) : (
        <div class="table">
          <table class="stacks">
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">Receiver</th>
                <th scope="col">Status</th>
                <th scope="col" class="number">
                  Attempts
                </th>
                <th scope="col">Last answer</th>
                <th scope="col">Action</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <Row job={job} delivery={delivery} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Row({ job, delivery }: { job: ShownJob['job']; delivery: DeliveryView }) {
  const { id, event_type, url, status, attempt_count, next_attempt_at } = delivery
  const send = status === 'pending' ? 'Send now' : 'Send again'
  return (
    <tr>
      <td data-label="Event">
        <a href={`/deliveries/${id}`}>{event_type}</a>
      </td>
      <td class="receiver" data-label="Receiver">
        {delivery.endpoint_id === null ? url : <a href={`/endpoints/${delivery.endpoint_id}`}>{url}</a>}
      </td>
      <td data-label="Status">
        <Status status={status} />
      </td>
      <td class="number" data-label="Attempts">
        {formatCount(attempt_count)}
      </td>
      <td data-label="Last answer">
        {lastAnswer(delivery)}
        {next_attempt_at !== null && (
          <div class="quiet">
            Next attempt: <Time at={next_attempt_at} />
          </div>
        )}
      </td>
      <td data-label="Action">
        {job.pruned_at === null && isSendable(delivery) && (
          <form method="post" action={`/jobs/${job.id}/redeliver`}>
            <input type="hidden" name="delivery_id" value={id} />
            <button type="submit" aria-label={`${send}: ${event_type}`}>
              {send}
            </button>
          </form>
        )}
      </td>
    </tr>
  )
}

function lastAnswer({ attempts }: DeliveryView): string {
  const last = attempts.at(-1)
  if (last === undefined) return 'No attempt yet'
  return last.error ?? `HTTP ${last.status}`
}
