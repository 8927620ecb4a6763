/** One endpoint: its state, a test event with the answer, its latest deliveries, and the form that changes it. */
import { Hono, type Context as HonoContext } from 'hono'
import type { EventTypeView } from '../../api/description/event-types.ts'
import type { EndpointTest } from '../../api/endpoints/test-endpoint.ts'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { type Answer, type Problem, ProblemError, queryOf } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import { Notice, withNotice } from '../components/notice.tsx'
import type { DeliveryList } from '../deliveries/filter.tsx'
import { Receiver } from '../deliveries/receiver.tsx'
import { readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { EndpointFormFields } from './endpoint-form.tsx'
import { changedFields, type EndpointFields, fieldsOf, metadataFault, readSubmitted } from './fields.ts'
import { LatestDeliveries } from './latest.tsx'
import { EndpointState } from './list.tsx'
import { filterProblem } from './new-endpoint.tsx'
import { TestEvent } from './test-event.tsx'

type Context = HonoContext<PageEnv, '/endpoints/:id'>

export const endpointPage = new Hono<PageEnv>()
  .get('/endpoints/:id', async (c) => renderEndpoint(c, await read(c)))
  .post('/endpoints/:id', async (c) => {
    const [endpoint, submitted] = [await read(c), readSubmitted(await readForm(c.req.raw))]
    const { fields } = submitted
    const fault = metadataFault(fields.metadata)
    if (fault !== '') return renderEndpoint(c, endpoint, { fields, problem: filterProblem(c, fault) })
    const changes = changedFields(fieldsOf(endpoint), submitted)
    const saved = await c.get('api').send('PATCH', pathOf(c), changes)
    return saved.ok
      ? c.redirect(withNotice(`/endpoints/${endpoint.id}`, 'saved'), 303)
      : renderEndpoint(c, endpoint, { fields, problem: saved.problem })
  })
  .post('/endpoints/:id/test', async (c) => {
    const endpoint = await read(c)
    const event_type = textOf((await readForm(c.req.raw)).get('event_type'))
    const test = await c.get('api').send<EndpointTest>('POST', `${pathOf(c)}/test`, { event_type })
    return renderEndpoint(c, endpoint, { test })
  })
  .get('/endpoints/:id/test', (c) => c.redirect(`/endpoints/${encodeURIComponent(c.req.param('id'))}`, 303))
  .post('/endpoints/:id/enable', async (c) =>
    after(c, await c.get('api').send('POST', `${pathOf(c)}/enable`), 'enabled'),
  )
  .post('/endpoints/:id/disable', async (c) =>
    after(c, await c.get('api').send('PATCH', pathOf(c), { disabled: true }), 'disabled'),
  )
  .get('/endpoints/:id/delete', async (c) => renderQuestion(c, await read(c)))
  .post('/endpoints/:id/delete', async (c) => {
    const deleted = await c.get('api').send('DELETE', pathOf(c))
    if (!deleted.ok) throw new ProblemError(deleted.problem)
    return c.redirect(withNotice('/endpoints', 'deleted'), 303)
  })

function pathOf(c: Context): string {
  return `/v1/endpoints/${encodeURIComponent(c.req.param('id'))}`
}

function read(c: Context): Promise<EndpointView> {
  return c.get('api').read<EndpointView>(pathOf(c))
}

function after(c: Context, done: Answer<unknown>, notice: string) {
  if (!done.ok) throw new ProblemError(done.problem)
  return c.redirect(withNotice(`/endpoints/${encodeURIComponent(c.req.param('id'))}`, notice), 303)
}

const notices = {
  saved: 'The changes are saved.',
  enabled: 'The endpoint is enabled. Its failed deliveries can be sent again.',
  disabled: 'The endpoint is disabled. It receives nothing until it is enabled.',
}

interface Shown {
  /** As typed in a form that was refused. */
  fields?: EndpointFields
  problem?: Problem
  test?: Answer<EndpointTest>
}

async function renderEndpoint(c: Context, endpoint: EndpointView, { fields, problem, test }: Shown = {}) {
  const [api, caller] = [c.get('api'), c.get('caller')]
  const { id, url, disabled } = endpoint
  const [{ data: types }, { data: deliveries }] = await Promise.all([
    api.read<{ data: EventTypeView[] }>('/v1/event-types'),
    api.read<DeliveryList>(`/v1/deliveries${queryOf({ endpoint_id: id })}`),
  ])
  const failedTest = test === undefined || test.ok ? undefined : test.problem
  return render(
    c,
    { title: 'Endpoint', status: (problem ?? failedTest)?.status ?? 200, styles: ['deliveries'] },
    <>
      <h1>
        <Receiver url={url} />
      </h1>
      <Notice c={c} texts={notices} />
      <div class="columns">
        <section class="card">
          <h2>State</h2>
          <EndpointState endpoint={endpoint} />
          <div class="row actions">
            <form method="post" action={`/endpoints/${id}/${disabled ? 'enable' : 'disable'}`}>
              <button type="submit" class={disabled ? 'primary' : undefined}>
                {disabled ? 'Enable' : 'Disable'}
              </button>
            </form>
            <a href={`/deliveries/redeliver${queryOf({ endpoint_id: id })}`}>Send failed deliveries again</a>
            <a href={`/endpoints/${id}/delete`}>Delete…</a>
          </div>
        </section>
        <TestEvent endpoint={endpoint} test={test} />
      </div>
      <LatestDeliveries
        endpoint={endpoint}
        deliveries={deliveries}
        caller={caller}
        nowMs={c.env.context.now()}
      />
      <form method="post" action={`/endpoints/${id}`} class="card">
        <h2>Change it</h2>
        <EndpointFormFields
          fields={fields ?? fieldsOf(endpoint)}
          types={types}
          problem={problem}
          texts={{
            url: mayDo(caller, 'admin')
              ? 'Pending deliveries go to the new URL.'
              : 'A query of the URL is not shown to this key. It stays as long as you leave the URL as it is.',
            secret: 'Empty: the secret stays. A new one signs from now on.',
          }}
        />
        <button type="submit" class="primary">
          Save
        </button>
      </form>
    </>,
  )
}

function renderQuestion(c: Context, { id, url }: EndpointView) {
  return render(
    c,
    { title: 'Delete an endpoint', styles: ['deliveries'] },
    <>
      <h1>Delete this endpoint?</h1>
      <div class="card">
        <p>
          <Receiver url={url} />
        </p>
        <p>
          It receives nothing from now on, and its pending deliveries fail. Its deliveries stay in the log. To
          stop it for a time only, disable it.
        </p>
        <form method="post" action={`/endpoints/${id}/delete`} class="row">
          <button type="submit" class="danger">
            Delete the endpoint
          </button>
          <a href={`/endpoints/${id}`}>Keep it</a>
        </form>
      </div>
    </>,
  )
}
