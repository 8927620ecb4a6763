/** The numbers of a period, as tables. The script of the charts draws them and folds the tables up. */
import type { PartView, SeriesView } from '../../api/stats/series-view.ts'
import { formatCount, formatDuration, formatUsd } from '../../core/format.ts'
import { Time } from '../components/time.tsx'

/** How the values are written, and which lines or bars show them. */
type Unit = 'count' | 'percent' | 'seconds' | 'usd'

interface Column {
  title: string
  /** The class of its color in charts.css. */
  tone: string
  numberIn: (part: PartView) => number | null
}

interface Chart {
  id: string
  title: string
  kind: 'bars' | 'lines'
  unit: Unit
  columns: Column[]
  /** Why there is nothing to draw. */
  empty: string
}

export function Charts({ series }: { series: SeriesView }) {
  const money = byDay(series)
  return (
    <div class="charts">
      <ChartCard series={series} chart={jobs(series)} />
      <ChartCard series={series} chart={success} />
      <ChartCard series={series} chart={timeToFinish} />
      <ChartCard series={series} chart={missedWebhooks(series)} />
      <ChartCard series={money} chart={costs(money)} />
    </div>
  )
}

const jobs = ({ interval }: SeriesView): Chart => ({
  id: 'jobs',
  title: `Jobs per ${interval}`,
  kind: 'bars',
  unit: 'count',
  columns: [
    { title: 'succeeded', tone: 'good', numberIn: (part) => part.jobs.succeeded },
    { title: 'failed', tone: 'bad', numberIn: (part) => part.jobs.failed },
    { title: 'canceled', tone: 'none', numberIn: (part) => part.jobs.canceled },
    { title: 'not ended', tone: 'active', numberIn: unfinished },
  ],
  empty: 'No job was created in this period.',
})

const success: Chart = {
  id: 'success',
  title: 'Success rate',
  kind: 'lines',
  unit: 'percent',
  columns: [{ title: 'succeeded', tone: 'good', numberIn: successPercent }],
  empty: 'No job succeeded or failed in this period.',
}

const timeToFinish: Chart = {
  id: 'time',
  title: 'Time to finish',
  kind: 'lines',
  unit: 'seconds',
  columns: [
    { title: 'half (p50)', tone: 'one', numberIn: (part) => part.time_to_finish.p50_seconds },
    { title: '95 % (p95)', tone: 'two', numberIn: (part) => part.time_to_finish.p95_seconds },
  ],
  empty: 'No job succeeded in this period.',
}

const tones = ['one', 'two', 'three', 'four']

const missedWebhooks = ({ total }: SeriesView): Chart => ({
  id: 'webhooks',
  title: 'Webhooks missed',
  kind: 'lines',
  unit: 'percent',
  columns: total.providers.flatMap(({ provider, missed_rate }, n) =>
    missed_rate === null ? [] : [{ title: provider, tone: tones[n] ?? 'none', numberIn: missedOf(provider) }],
  ),
  empty: 'No task ended at a provider that sends webhooks.',
})

const costs = ({ total, interval }: SeriesView): Chart => ({
  id: 'costs',
  title: `Money per ${interval}`,
  kind: 'bars',
  unit: 'usd',
  columns: total.providers.flatMap(({ provider, amount_usd }, n) =>
    amount_usd === null ? [] : [{ title: provider, tone: tones[n] ?? 'none', numberIn: usdOf(provider) }],
  ),
  empty: 'No provider reported a cost in US dollars.',
})

export function unfinished({ jobs: { queued, generating, storing } }: PartView): number {
  return queued + generating + storing
}

/** Canceled jobs do not count. Null: no job succeeded or failed. */
export function successPercent({ jobs: { succeeded, failed } }: PartView): number | null {
  return succeeded + failed === 0 ? null : (100 * succeeded) / (succeeded + failed)
}

const missedOf = (name: string) => (part: PartView) => {
  const rate = part.providers.find(({ provider }) => provider === name)?.missed_rate ?? null
  return rate === null ? null : rate * 100
}

const usdOf = (name: string) => (part: PartView) =>
  part.providers.find(({ provider }) => provider === name)?.amount_usd ?? 0

/** A series of several days, by the day in UTC: only its money is right then. */
function byDay(series: SeriesView): SeriesView {
  if (series.data.length <= 25) return series
  const days = Map.groupBy(series.data, ({ start_at }) => `${start_at.slice(0, 10)}T00:00:00.000Z`)
  const data = [...days].flatMap(([start_at, parts]) => {
    const [first] = parts
    const providers = series.total.providers.map((one) => ({
      ...one,
      amount_usd: parts.reduce((sum, part) => sum + usdOf(one.provider)(part), 0),
    }))
    return first === undefined ? [] : [{ ...first, start_at, providers }]
  })
  return { ...series, interval: 'day', data }
}

function ChartCard({ series: { data, interval }, chart }: { series: SeriesView; chart: Chart }) {
  const { id, title, kind, unit, columns, empty } = chart
  // A share of zero is a number to draw; no job and no money are not.
  const isNumber = (value: number | null) => value !== null && (kind === 'lines' || value > 0)
  const isEmpty = !data.some((part) => columns.some(({ numberIn }) => isNumber(numberIn(part))))
  return (
    <section class="card chart" aria-labelledby={`chart-${id}`}>
      <h3 id={`chart-${id}`}>{title}</h3>
      {isEmpty ? (
        <p class="empty">{empty}</p>
      ) : (
        <details open data-chart={kind} data-unit={unit} data-interval={interval}>
          <summary>Numbers</summary>
          {/* It scrolls, so the keyboard must reach it. */}
          <section class="table" tabindex={0} aria-label={`${title}, the numbers`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{interval === 'day' ? 'Day (UTC)' : 'Hour'}</th>
                  {columns.map((column) => (
                    <th scope="col" class="number">
                      <i class={`swatch ${column.tone}`} aria-hidden="true" />
                      {column.title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {data.map(({ start_at, ...part }) => (
                  <tr data-at={start_at}>
                    <th scope="row">{interval === 'day' ? start_at.slice(0, 10) : <Time at={start_at} />}</th>
                    {columns.map(({ numberIn }) => (
                      <Cell value={numberIn(part)} unit={unit} />
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </details>
      )}
    </section>
  )
}

function Cell({ value, unit }: { value: number | null; unit: Unit }) {
  if (value === null) return <td class="number">–</td>
  return (
    <td class="number">
      <data value={String(Number(value.toFixed(4)))}>{written[unit](value)}</data>
    </td>
  )
}

const written: Record<Unit, (value: number) => string> = {
  count: formatCount,
  percent: formatPercent,
  seconds: (seconds) => formatDuration(seconds * 1_000),
  usd: formatUsd,
}

/** `97.5 %` */
export function formatPercent(percent: number): string {
  return `${Number(percent.toFixed(1))} %`
}
