/** The statistics by hour or day, as the API shows them. */
import type { z } from '@hono/zod-openapi'
import type { ProviderName } from '../../core/request/choices.ts'
import type { Interval, Part, Series } from '../../store/reports/series.ts'
import { inSeconds, rounded } from '../system/stats-view.ts'
import type { seriesSchema } from './series-schema.ts'

interface Shown {
  untilMs: number
  interval: Interval
  webhookProviders: readonly ProviderName[]
}

export type SeriesView = z.infer<typeof seriesSchema>
export type PartView = SeriesView['total']

export function viewSeries(
  { sinceMs, parts, total }: Series,
  { untilMs, interval, webhookProviders }: Shown,
): SeriesView {
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    interval,
    data: parts.map(({ startMs, ...part }) => ({
      start_at: new Date(startMs).toISOString(),
      ...viewPart(part, webhookProviders),
    })),
    total: viewPart(total, webhookProviders),
  }
}

function viewPart({ jobs, finished, tasks }: Part, webhookProviders: readonly ProviderName[]): PartView {
  return {
    jobs,
    time_to_finish: {
      count: finished?.count ?? 0,
      p50_seconds: inSeconds(finished?.p50),
      p95_seconds: inSeconds(finished?.p95),
    },
    providers: tasks.map(({ provider, completedViaWebhook, completedViaPoll, usd, credits, unreported }) => {
      const ended = completedViaWebhook + completedViaPoll
      const isKnown = ended > 0 && webhookProviders.includes(provider)
      return {
        provider,
        completed_via_webhook: completedViaWebhook,
        completed_via_poll: completedViaPoll,
        missed_rate: isKnown ? completedViaPoll / ended : null,
        amount_usd: rounded(usd),
        credits: rounded(credits),
        unreported_count: unreported,
      }
    }),
  }
}
