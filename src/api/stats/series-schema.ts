/** The schema of GET /v1/stats/series. */
import { z } from '@hono/zod-openapi'
import { providerNames } from '../../core/request/choices.ts'
import { intervals } from '../../store/reports/series.ts'

const seconds = z.number().nullable()
const partFields = {
  jobs: z.object({
    queued: z.int(),
    generating: z.int(),
    storing: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    canceled: z.int(),
  }),
  time_to_finish: z
    .object({ count: z.int(), p50_seconds: seconds, p95_seconds: seconds })
    .meta({ description: 'Of succeeded jobs, from their creation to their end.' }),
  providers: z
    .array(
      z.object({
        provider: z.enum(providerNames),
        completed_via_webhook: z.int(),
        completed_via_poll: z.int(),
        missed_rate: z.number().nullable().meta({
          description:
            'The share of ended tasks whose end a poll found before any webhook. Null: none ended, or the provider sends no webhooks.',
        }),
        amount_usd: z.number().nullable().meta({ description: 'Null: no cost was reported in USD.' }),
        credits: z.number().nullable().meta({ description: 'In the credits of the provider.' }),
        unreported_count: z
          .int()
          .meta({ description: 'Succeeded tasks without a reported cost or a published price.' }),
      }),
    )
    .meta({ description: 'The providers that had a task.' }),
}

export const seriesSchema = z
  .object({
    since: z.iso.datetime().meta({ description: 'The beginning of an hour or a day.' }),
    until: z.iso.datetime(),
    interval: z.enum(intervals),
    data: z.array(z.object({ start_at: z.iso.datetime(), ...partFields })).meta({
      description: 'One entry for each hour or day, the oldest first, also where there were no jobs.',
    }),
    total: z.object(partFields).meta({ description: 'The whole period.' }),
  })
  .openapi('StatsSeries')
