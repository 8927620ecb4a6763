/** The delivery log, newest first, and what is wrong with its receivers. */
import { Hono } from 'hono'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { queryOf } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import { Pager } from '../components/pager.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { apiQuery, type DeliveryList, FilterForm, filterNames, hasFilter, readFilter } from './filter.tsx'
import { type HostList, HostsInTrouble } from './hosts.tsx'
import { DeliveryTable } from './table.tsx'

const hostsShown = 5

export const deliveryListPages = new Hono<PageEnv>().get('/deliveries', async (c) => {
  const [api, caller, nowMs] = [c.get('api'), c.get('caller'), c.env.context.now()]
  const { cursor = '', ...query } = c.req.query()
  const filter = readFilter(query)
  const isPlain = cursor === '' && !hasFilter(filter)
  const [listed, endpoints, hosts] = await Promise.all([
    api.send<DeliveryList>('GET', `/v1/deliveries${apiQuery(filter, { cursor })}`),
    api.read<{ data: EndpointView[] }>('/v1/endpoints'),
    isPlain ? api.read<HostList>(`/v1/hosts?limit=${hostsShown}`) : null,
  ])
  const { data: deliveries, next_cursor: next } = listed.ok ? listed.body : { data: [], next_cursor: null }
  const pathOf = (from: string) => `/deliveries${queryOf({ ...filter, cursor: from })}`
  // Deliveries have no stream. Most of them begin with the end of a job.
  const live = cursor === '' && listed.ok && mayDo(caller, 'jobs:read') ? '/live/events' : undefined
  return render(
    c,
    {
      title: 'Deliveries',
      status: listed.ok ? 200 : listed.problem.status,
      styles: ['deliveries'],
      ...(live && { live }),
    },
    <>
      <h1>Deliveries</h1>
      {hosts !== null && (
        <section id="hosts" data-live>
          <HostsInTrouble list={hosts} endpoints={endpoints.data} caller={caller} nowMs={nowMs} />
        </section>
      )}
      <FilterForm
        action="/deliveries"
        submit="Filter"
        names={filterNames}
        filter={filter}
        endpoints={endpoints.data}
        problem={listed.ok ? undefined : listed.problem}
      />
      {!listed.ok && <ProblemAlert problem={listed.problem} />}
      <p class="row">
        <a href={pathOf(cursor)}>Reload</a>
        <a href={`/deliveries/redeliver${queryOf({ ...filter, status: '', job_id: '' })}`}>
          Send failed deliveries again
        </a>
        {live !== undefined && (
          <span class="quiet">New deliveries appear when a job ends. Reload for their later answers.</span>
        )}
      </p>
      <section id="log" aria-label="Log" data-live>
        {deliveries.length > 0 && <DeliveryTable deliveries={deliveries} caller={caller} nowMs={nowMs} />}
        {deliveries.length === 0 && listed.ok && <Empty isFiltered={!isPlain} hasMore={next !== null} />}
        <Pager first={cursor === '' ? null : pathOf('')} next={next === null ? null : pathOf(next)} />
      </section>
    </>,
  )
})

function Empty({ isFiltered, hasMore }: { isFiltered: boolean; hasMore: boolean }) {
  if (hasMore) return <p class="empty card">None here. Older deliveries may match.</p>
  if (isFiltered) return <p class="empty card">No delivery matches these filters.</p>
  return (
    <p class="empty card">
      No deliveries yet. A job with a callback URL, and each endpoint, is notified when the job ends.{' '}
      <a href="/endpoints/new">Create an endpoint</a>
    </p>
  )
}
