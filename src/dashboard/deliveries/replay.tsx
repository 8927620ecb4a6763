/** Sends the failed deliveries of a period again: asks with their number first. */
import { Hono, type Context as HonoContext } from 'hono'
import type { EndpointView } from '../../api/endpoints/view.ts'
import { type Problem, queryOf } from '../../api/in-process.ts'
import { formatCount } from '../../core/format.ts'
import { ProblemAlert } from '../components/problem.tsx'
import { inUtc, readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { apiQuery, type DeliveryList, FilterForm } from './filter.tsx'

const path = '/deliveries/redeliver'
const title = 'Send failed deliveries again'
const names = ['since', 'until', 'endpoint_id', 'event_type', 'cursor'] as const
type Period = Record<(typeof names)[number], string>

/** Each call sends a hundred at most. */
const maxCalls = 5
const dayMs = 24 * 60 * 60 * 1_000

export const replayPages = new Hono<PageEnv>()
  .get(path, async (c) => {
    const period = readPeriod((name) => c.req.query(name) ?? '')
    if (period.since === '') return renderForm(c, period)
    const filter = { ...period, status: 'failed', job_id: '' }
    const { cursor: _, ...query } = filter
    const failed = await c
      .get('api')
      .send<DeliveryList>('GET', `/v1/deliveries${apiQuery(query, { limit: '100' })}`)
    return failed.ok ? renderQuestion(c, period, failed.body) : renderForm(c, period, failed.problem)
  })
  .post(path, async (c) => {
    const form = await readForm(c.req.raw)
    const period = readPeriod((name) => textOf(form.get(name)))
    let count = 0
    let cursor: string | null = period.cursor
    for (let calls = 0; calls < maxCalls && cursor !== null; calls++) {
      const sent: Awaited<ReturnType<typeof redeliver>> = await redeliver(c, { ...period, cursor })
      if (!sent.ok && count === 0) return renderForm(c, period, sent.problem)
      if (!sent.ok) return renderResult(c, count, { ...period, cursor }, sent.problem)
      count += sent.body.redelivered
      cursor = sent.body.next_cursor
    }
    return renderResult(c, count, { ...period, cursor: cursor ?? '' })
  })

function readPeriod(read: (name: keyof Period) => string): Period {
  return {
    since: read('since'),
    until: read('until'),
    endpoint_id: read('endpoint_id'),
    event_type: read('event_type'),
    cursor: read('cursor'),
  }
}

function redeliver(c: HonoContext<PageEnv>, period: Period) {
  const given = { ...period, since: inUtc(period.since), until: inUtc(period.until) }
  const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  return c
    .get('api')
    .send<{ redelivered: number; next_cursor: string | null }>('POST', '/v1/deliveries/redeliver', body)
}

async function renderForm(c: HonoContext<PageEnv>, period: Period, problem?: Problem) {
  const { data: endpoints } = await c.get('api').read<{ data: EndpointView[] }>('/v1/endpoints')
  const yesterday = new Date(c.env.context.now() - dayMs).toISOString().slice(0, 16)
  return render(
    c,
    { title, status: problem?.status ?? 200, styles: ['deliveries'] },
    <>
      <h1>{title}</h1>
      {problem !== undefined && <ProblemAlert problem={problem} />}
      <div class="card">
        <p>Failed deliveries that were created in this period. The next page asks with their number.</p>
        <FilterForm
          action={path}
          submit="Continue"
          names={['since', 'until', 'endpoint_id', 'event_type']}
          filter={{ ...period, since: period.since || yesterday, status: '', job_id: '' }}
          endpoints={endpoints}
          problem={problem}
        />
      </div>
    </>,
  )
}

function renderQuestion(c: HonoContext<PageEnv>, period: Period, { data, next_cursor }: DeliveryList) {
  const count = formatCount(data.length)
  const many = next_cursor === null ? count : `${count} or more`
  const isNone = data.length === 0 && next_cursor === null
  return render(
    c,
    { title },
    <>
      <h1>{title}</h1>
      <div class="card">
        <p>
          {isNone
            ? 'No delivery of this period has failed.'
            : `Send ${many} failed ${data.length === 1 && next_cursor === null ? 'delivery' : 'deliveries'} again?`}
        </p>
        {!isNone && (
          <p class="quiet">
            The oldest are sent first, each with the same webhook-id. A delivery is skipped if its receiver is
            disabled or deleted, or if its body is not kept any more.
          </p>
        )}
        <div class="row">
          {!isNone && <SendForm period={{ ...period, cursor: '' }} label={`Send ${many}`} />}
          <a href={`${path}${queryOf({ endpoint_id: period.endpoint_id, event_type: period.event_type })}`}>
            Another period
          </a>
          <a href={`/deliveries${queryOf({ ...period, cursor: '', status: 'failed' })}`}>Show them</a>
        </div>
      </div>
    </>,
  )
}

/** `problem`: what stopped it before the end. */
function renderResult(c: HonoContext<PageEnv>, count: number, period: Period, problem?: Problem) {
  return render(
    c,
    { title, status: problem?.status ?? 200 },
    <>
      <h1>{title}</h1>
      {problem !== undefined && <ProblemAlert problem={problem} />}
      <p class="alert good" role="status">
        {count === 1 ? '1 delivery is sent again.' : `${formatCount(count)} deliveries are sent again.`}
      </p>
      {period.cursor !== '' && (
        <div class="card">
          <p>There are more in this period.</p>
          <SendForm period={period} label="Send the next ones" />
        </div>
      )}
      <a href={`/deliveries${queryOf({ ...period, cursor: '' })}`}>Deliveries of this period</a>
    </>,
  )
}

function SendForm({ period, label }: { period: Period; label: string }) {
  return (
    <form method="post" action={path}>
      {names.map((name) => period[name] !== '' && <input type="hidden" name={name} value={period[name]} />)}
      <button type="submit" class="primary">
        {label}
      </button>
    </form>
  )
}
