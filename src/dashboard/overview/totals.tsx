/** The totals of a period. */
import type { PartView } from '../../api/stats/series-view.ts'
import { formatCount, formatDuration, formatUsd } from '../../core/format.ts'
import { formatPercent, successPercent, unfinished } from './charts.tsx'

export function Totals({ total }: { total: PartView }) {
  const { jobs, time_to_finish, providers } = total
  const { succeeded, failed, canceled } = jobs
  const withWebhooks = providers.filter(({ missed_rate }) => missed_rate !== null)
  const missed = sum(withWebhooks.map(({ completed_via_poll }) => completed_via_poll))
  const ended = missed + sum(withWebhooks.map(({ completed_via_webhook }) => completed_via_webhook))
  const credits = providers.flatMap((one) => (one.credits === null ? [] : [{ ...one, credits: one.credits }]))
  return (
    <dl class="totals">
      <Total name="Jobs" value={formatCount(succeeded + failed + canceled + unfinished(total))} />
      <Total name="Succeeded" value={orDash(successPercent(total), formatPercent)} />
      <Total name="Half within (p50)" value={orDash(time_to_finish.p50_seconds, duration)} />
      <Total name="95 % within (p95)" value={orDash(time_to_finish.p95_seconds, duration)} />
      <Total name="Money" value={formatUsd(sum(providers.map(({ amount_usd }) => amount_usd ?? 0)))} />
      {credits.map((one) => (
        <Total name={`Credits at ${one.provider}`} value={formatCount(one.credits)} />
      ))}
      <Total name="Webhooks missed" value={ended === 0 ? '–' : formatPercent((100 * missed) / ended)} />
    </dl>
  )
}

function Total({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function orDash(value: number | null, write: (value: number) => string): string {
  return value === null ? '–' : write(value)
}

function duration(seconds: number): string {
  return formatDuration(seconds * 1_000)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
