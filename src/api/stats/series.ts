/** GET /v1/stats/series: the statistics of a period in hours or days, for charts. */
import { createRoute, z } from '@hono/zod-openapi'
import { offeredProviders } from '../../providers/index.ts'
import { countSeries, type Interval, intervals, maxUnsettledInSeries } from '../../store/reports/series.ts'
import { problem } from '../problems.ts'
import { invalidQuery, json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { seriesSchema } from './series-schema.ts'
import { viewSeries } from './series-view.ts'

const dayMs = 24 * 60 * 60 * 1_000
const defaultPeriodMs = dayMs
const maxPeriodDays: Record<Interval, number> = { hour: 7, day: 30 }

const show = createRoute({
  operationId: 'getStatsSeries',
  tags: ['System'],
  method: 'get',
  path: '/series',
  summary: 'Statistics by hour or day',
  description: `Counts the jobs created since the given time, by the hour or the day (UTC) of their creation: by default the last 24 hours by hour. By hour, the period is at most ${maxPeriodDays.hour} days; by day, at most ${maxPeriodDays.day}. It begins with the hour or the day of that time. Jobs that have not ended are counted up to ${maxUnsettledInSeries} in each database. Percentiles are at most 10 % off. A key of a project gets the numbers of its project.`,
  request: {
    query: z.object({
      since: z.iso.datetime({ offset: true }).optional().openapi({ description: 'The start of the period.' }),
      interval: z
        .enum(intervals)
        .default('hour')
        .openapi({ description: 'The length of each part. A day begins at midnight UTC.' }),
    }),
  },
  responses: { ...keyProblems, 200: json('The statistics.', seriesSchema), 422: invalidQuery },
})

export const seriesRoutes = createRouter().openapi(show, async (c) => {
  const { databases, providers, now } = c.get('context')
  const { since, interval } = c.req.valid('query')
  const untilMs = now()
  const sinceMs = since === undefined ? untilMs - defaultPeriodMs : Date.parse(since)
  const maxDays = maxPeriodDays[interval]
  if (sinceMs > untilMs || sinceMs < untilMs - maxDays * dayMs) {
    const errors = [{ path: 'since', message: `must be within the last ${maxDays} days` }]
    return problem(c, 'invalid_request', 'Correct the parameters in errors.', errors)
  }
  const period = { sinceMs, untilMs, interval }
  const series = await countSeries(databases, period, c.get('caller'))
  const webhookProviders = offeredProviders(providers)
    .filter(({ parseWebhook }) => parseWebhook !== undefined)
    .map(({ name }) => name)
  return c.json(viewSeries(series, { ...period, webhookProviders }), 200)
})
