/** The endpoints of the caller. */
import { Hono } from 'hono'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { Notice } from '../components/notice.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { Receiver } from '../deliveries/receiver.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'

export const endpointListPages = new Hono<PageEnv>().get('/endpoints', async (c) => {
  const { data } = await c.get('api').read<{ data: EndpointView[] }>('/v1/endpoints')
  return render(
    c,
    { title: 'Endpoints', styles: ['deliveries'] },
    <>
      <h1>Endpoints</h1>
      <Notice c={c} texts={{ deleted: 'The endpoint is deleted. Its deliveries stay in the log.' }} />
      <p class="row">
        <a class="button primary" href="/endpoints/new">
          New endpoint
        </a>
        <a href="/receiver-test">Test a receiver</a>
      </p>
      {data.length === 0 ? (
        <p class="empty card">
          No endpoints. An endpoint is a URL that receives the events of many jobs, without a callback URL in
          each of them.
        </p>
      ) : (
        <div class="table">
          <table class="stacks endpoints">
            <thead>
              <tr>
                <th scope="col">Receiver</th>
                <th scope="col">State</th>
                <th scope="col">Events</th>
                <th scope="col">Only jobs with</th>
                <th scope="col">Created</th>
              </tr>
            </thead>
            <tbody>
              {data.map((endpoint) => (
                <Row endpoint={endpoint} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>,
  )
})

function Row({ endpoint }: { endpoint: EndpointView }) {
  const { id, url, description, event_types, format, metadata, created_at } = endpoint
  return (
    <tr>
      <td data-label="Receiver">
        <a href={`/endpoints/${id}`}>
          <Receiver url={url} />
        </a>
        {description !== null && (
          <div class="quiet" dir="auto">
            {description}
          </div>
        )}
      </td>
      <td data-label="State">
        <EndpointState endpoint={endpoint} />
      </td>
      <td data-label="Events">
        {event_types.map((type) => (
          <div>{type}</div>
        ))}
        {format !== 'reelhook' && <div class="quiet">in the format {format}</div>}
      </td>
      <td dir="auto" data-label="Only jobs with">
        {Object.entries(metadata)
          .map(([key, value]) => `${key}=${value}`)
          .join(', ') || 'any metadata'}
      </td>
      <td data-label="Created">
        <Time at={created_at} />
      </td>
    </tr>
  )
}

export function EndpointState({ endpoint }: { endpoint: EndpointView }) {
  const { disabled, disabled_at: at, disabled_by: by } = endpoint
  if (!disabled) return <Status status="enabled" />
  return (
    <>
      <Status status="disabled" />
      <div class="quiet">
        {by === 'failure' ? 'It accepted no delivery for five days. ' : 'A user disabled it. '}
        {at !== null && (
          <>
            Since <Time at={at} />
          </>
        )}
      </div>
    </>
  )
}
