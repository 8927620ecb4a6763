/** The entries of the timeline as the API has them. */
import { Time } from '../components/time.tsx'
import type { JobHistory } from './history.ts'

export function RawEvents({ events }: Pick<JobHistory, 'events'>) {
  return (
    <details id="timeline-events" class="more">
      <summary>{events.length === 1 ? '1 event' : `All ${events.length} events`}</summary>
      <ol>
        {events.map(({ id, type, created_at, data }) => (
          <li class="event">
            <strong>{type}</strong> <Time at={created_at} /> <code class="quiet">{id}</code>
            <pre dir="auto">{JSON.stringify(data, null, 2)}</pre>
          </li>
        ))}
      </ol>
    </details>
  )
}
