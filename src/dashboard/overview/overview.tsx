/** The overview: problems with their remedies, the numbers of a period, and the latest jobs. */
import { Hono, type Context as HonoContext } from 'hono'
import type { AlertsView } from '../../api/alerts/view.ts'
import { queryOf } from '../../api/in-process.ts'
import type { SeriesView } from '../../api/stats/series-view.ts'
import type { Checks } from '../../api/system/health-checks.ts'
import type { StatsView } from '../../api/system/stats-view.ts'
import { mayDo } from '../../core/access.ts'
import { excerptOf } from '../../core/format.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { homeOf, render } from '../render.tsx'
import { concernsOf } from './attention.ts'
import { Charts } from './charts.tsx'
import type { Concern } from './concern.ts'
import { Totals } from './totals.tsx'

const hourMs = 60 * 60 * 1_000
const periods = [
  { name: '24h', title: '24 hours', ms: 24 * hourMs, interval: 'hour' },
  { name: '7d', title: '7 days', ms: 7 * 24 * hourMs, interval: 'hour' },
  { name: '30d', title: '30 days', ms: 30 * 24 * hourMs, interval: 'day' },
] as const
type Period = (typeof periods)[number]

export const overviewPages = new Hono<PageEnv>().get('/', async (c) => {
  const caller = c.get('caller')
  if (!mayDo(caller, 'jobs:read')) return c.redirect(homeOf(caller), 303)
  const { api } = c.var
  const period = periods.find(({ name }) => name === c.req.query('period')) ?? periods[0]
  // A minute less: the clock of the call is a little later, and 30 days are the most that it accepts.
  const since = new Date(c.env.context.now() - period.ms + 60_000).toISOString()
  const [stats, series, latest, health, alerts] = await Promise.all([
    api.read<StatsView>('/v1/stats'),
    api.send<SeriesView>('GET', `/v1/stats/series${queryOf({ since, interval: period.interval })}`),
    api.read<{ data: JobView[] }>('/v1/jobs?limit=5'),
    // Its states are those of the whole deployment.
    caller.project === null ? api.send<{ checks: Checks }>('GET', '/healthz?deep') : null,
    mayDo(caller, 'admin') ? api.send<AlertsView>('GET', '/v1/alerts') : null,
  ])
  const checks = health === null ? null : health.ok ? health.body.checks : 'unread'
  const concerns = concernsOf({ stats, checks, alerts: alerts?.ok ? alerts.body : null }, caller)
  const hasJobs = latest.data.length > 0 || !series.ok || series.body.total.providers.length > 0
  return render(
    c,
    { title: 'Overview', styles: ['uplot.min', 'charts'], scripts: ['charts'] },
    <>
      <h1>Overview</h1>
      <Attention concerns={concerns} isWhole={health !== null} />
      {hasJobs ? (
        <>
          <section aria-labelledby="numbers">
            <div class="row spread">
              <h2 id="numbers">The last {period.title}</h2>
              <Periods current={period} />
            </div>
            {series.ok ? (
              <>
                <Totals total={series.body.total} />
                <Charts series={series.body} />
              </>
            ) : (
              <p class="alert bad">The numbers could not be read. Try again, or a shorter period.</p>
            )}
          </section>
          <Latest jobs={latest.data} />
        </>
      ) : (
        <FirstSteps c={c} />
      )}
    </>,
  )
})

/** `isWhole`: the parts of the deployment were checked, too. */
function Attention({ concerns, isWhole }: { concerns: Concern[]; isWhole: boolean }) {
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      {concerns.length === 0 ? (
        <p class="alert good">
          {isWhole ? 'Everything runs.' : 'Nothing of your jobs and deliveries needs attention.'}
        </p>
      ) : (
        <ul class="concerns">
          {concerns.map(({ level, title, text, links }) => (
            <li class={`alert ${level}`}>
              <h3>{title}</h3>
              <p>{text}</p>
              {links.length > 0 && (
                <p class="row">
                  {links.map(({ href, text }) => (
                    <a href={href}>{text}</a>
                  ))}
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Periods({ current }: { current: Period }) {
  return (
    <nav class="periods" aria-label="Period">
      {periods.map(({ name, title }) => (
        <a href={`/?period=${name}`} aria-current={name === current.name ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  )
}

function Latest({ jobs }: { jobs: JobView[] }) {
  return (
    <section aria-labelledby="latest">
      <div class="row spread">
        <h2 id="latest">Latest jobs</h2>
        <form class="row search" action="/jobs">
          <label for="q">Find a job</label>
          <input id="q" name="q" type="search" placeholder="job_… or key=value" required />
          <button type="submit">Find</button>
        </form>
      </div>
      <section class="table latest" tabindex={0} aria-label="The latest five jobs">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Status</th>
              <th scope="col">Model</th>
              <th scope="col">Provider</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map(({ id, request, status, model, provider, created_at }) => (
              <tr>
                <th scope="row">
                  <a href={`/jobs/${id}`} dir="auto">
                    {excerptOf(request.prompt ?? '', 60) || id}
                  </a>
                </th>
                <td data-label="Status">
                  <Status status={status} />
                </td>
                <td data-label="Model">{model}</td>
                <td data-label="Provider">{provider}</td>
                <td data-label="Created">
                  <Time at={created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p>
        <a href="/jobs">All jobs</a>
      </p>
    </section>
  )
}

function FirstSteps({ c }: { c: HonoContext<PageEnv> }) {
  const caller = c.get('caller')
  return (
    <section class="card" aria-labelledby="steps">
      <h2 id="steps">There is no job yet</h2>
      <ol>
        {mayDo(caller, 'admin') && (
          <li>
            <a href="/keys/new">Make an API key</a> for the program that posts jobs.
          </li>
        )}
        {mayDo(caller, 'jobs:write') && (
          <li>
            <a href="/jobs/new">Post a job</a>: the form shows its price, and the same call for your program.
          </li>
        )}
        {mayDo(caller, 'deliveries') && (
          <li>
            <a href="/receiver-test">Test your receiver</a> with a valid, a forged, an old and a repeated
            event.
          </li>
        )}
        <li>
          <a href="/docs">Read the reference</a> of the API.
        </li>
      </ol>
    </section>
  )
}
