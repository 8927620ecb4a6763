/** Deliveries as rows: event, receiver, status, and what happens next. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { type Caller, mayDo } from '../../core/access.ts'
import { formatDuration } from '../../core/format.ts'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { Receiver } from './receiver.tsx'
import { answerInWords, nextInShort, reasonInWords } from './words.ts'

interface Props {
  deliveries: readonly DeliveryView[]
  caller: Caller
  nowMs: number
}

export function DeliveryTable({ deliveries, caller, nowMs }: Props) {
  return (
    <div class="table">
      <table class="stacks deliveries">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Receiver</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">Last answer</th>
            <th scope="col">Next attempt</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <Row delivery={delivery} caller={caller} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ delivery, caller, nowMs }: { delivery: DeliveryView; caller: Caller; nowMs: number }) {
  const { id, event_type, created_at, url, status, reason, attempt_count, attempts } = delivery
  const last = attempts.at(-1)
  return (
    <tr>
      <td data-label="Event">
        <a href={`/deliveries/${id}`}>{event_type}</a>
        <div class="quiet">
          <Time at={created_at} />
        </div>
      </td>
      <td data-label="Receiver">
        <Receiver url={url} />
        <div class="quiet">
          <Source delivery={delivery} caller={caller} />
        </div>
      </td>
      <td data-label="Status">
        <Status status={status} />
        {reason !== null && <div class="quiet">{reasonInWords(reason)}</div>}
      </td>
      <td class="number" data-label="Attempts">
        {attempt_count}
      </td>
      <td data-label="Last answer">
        {last === undefined ? 'none yet' : answerInWords(last)}
        {last !== undefined && <div class="quiet">after {formatDuration(last.duration_ms)}</div>}
      </td>
      <td data-label="Next attempt">{nextInShort(delivery, nowMs)}</td>
    </tr>
  )
}

/** Whose delivery it is: of an endpoint, or the callback of its job. */
function Source({ delivery, caller }: { delivery: DeliveryView; caller: Caller }) {
  const { endpoint_id: endpointId, job_id: jobId } = delivery
  const job = mayDo(caller, 'jobs:read') ? <a href={`/jobs/${jobId}`}>job</a> : 'job'
  return endpointId === null ? (
    <>Callback of its {job}</>
  ) : (
    <>
      <a href={`/endpoints/${endpointId}`}>Endpoint</a>, of a {job}
    </>
  )
}
