/** The form of a new endpoint, and its secret, which is shown once. */
import { Hono, type Context as HonoContext } from 'hono'
import type { EventTypeView } from '../../api/description/event-types.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import type { Problem } from '../../api/in-process.ts'
import { CodeBlock } from '../components/code.tsx'
import { readForm } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { EndpointFormFields } from './endpoint-form.tsx'
import { type EndpointFields, metadataFault, newEndpoint, newFields, readSubmitted } from './fields.ts'

type Created = EndpointView & { secret: string }

export const newEndpointPages = new Hono<PageEnv>()
  .get('/endpoints/new', (c) => renderForm(c, newFields))
  .post('/endpoints/new', async (c) => {
    const submitted = readSubmitted(await readForm(c.req.raw))
    const fault = metadataFault(submitted.fields.metadata)
    if (fault !== '') return renderForm(c, submitted.fields, filterProblem(c, fault))
    const created = await c.get('api').send<Created>('POST', '/v1/endpoints', newEndpoint(submitted))
    return created.ok ? renderSecret(c, created.body) : renderForm(c, submitted.fields, created.problem)
  })

/** As the API refuses a body. The filter is a text here only. */
export function filterProblem(c: HonoContext<PageEnv>, message: string): Problem {
  return {
    status: 422,
    code: 'invalid_request',
    title: 'Invalid request',
    detail: 'Nothing was done. Correct the metadata.',
    request_id: c.env.requestId,
    errors: [{ path: 'metadata', message }],
  }
}

async function renderForm(c: HonoContext<PageEnv>, fields: EndpointFields, problem?: Problem) {
  const { data: types } = await c.get('api').read<{ data: EventTypeView[] }>('/v1/event-types')
  return render(
    c,
    { title: 'New endpoint', status: problem?.status ?? 200 },
    <>
      <h1>New endpoint</h1>
      <form method="post" action="/endpoints/new" class="card">
        <EndpointFormFields
          fields={fields}
          types={types}
          problem={problem}
          texts={{
            url: 'https, on a public host. It receives a signed POST for each event.',
            secret: 'Signs the deliveries. Empty: a new random secret, which is shown once.',
          }}
        />
        <button type="submit" class="primary">
          Create the endpoint
        </button>
      </form>
    </>,
  )
}

function renderSecret(c: HonoContext<PageEnv>, { id, url, format, secret }: Created) {
  c.header('cache-control', 'no-store')
  return render(
    c,
    { title: 'Endpoint created' },
    <>
      <h1>Endpoint created</h1>
      <section class="card">
        <h2>Its signing secret</h2>
        <p>
          Store it where the receiver reads it. <strong>It is not shown again.</strong> A lost secret can be
          replaced by a new one.
        </p>
        <CodeBlock text={secret} label="the secret" />
        <p>
          The receiver verifies <code>webhook-signature</code> with it.{' '}
          <a href="/docs#verify-v1">Example code</a>
        </p>
        <p class="row">
          <a class="button primary" href={`/endpoints/${id}`}>
            Open the endpoint
          </a>
          <a href={`/receiver-test?${new URLSearchParams({ url, format })}`}>Test its receiver</a>
        </p>
      </section>
    </>,
  )
}
