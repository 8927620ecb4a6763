/** GET /v1/stats: how the jobs of a period went, and the overdue work right now. */
import { createRoute, z } from '@hono/zod-openapi'
import { offeredProviders } from '../../providers/index.ts'
import { readTriedLast } from '../../store/choice/known.ts'
import { countDisabled } from '../../store/deliveries/disabled.ts'
import { countBacklog, countSlots, maxCounted } from '../../store/reports/backlog.ts'
import { lastReconciliation } from '../../store/reports/reconciliation.ts'
import { countSince, maxUnsettledCounted } from '../../store/reports/stats.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { readSize } from '../../store/size.ts'
import { problem } from '../problems.ts'
import { invalidQuery, json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { statsSchema } from './stats-schema.ts'
import { ofProject, viewStats } from './stats-view.ts'

const dayMs = 24 * 60 * 60 * 1_000
const defaultPeriodMs = dayMs
const maxPeriodMs = 7 * dayMs

const show = createRoute({
  operationId: 'getStats',
  tags: ['System'],
  method: 'get',
  path: '/',
  summary: 'Statistics',
  description: `Counts the jobs created since the given time: by default the last 24 hours, at most 7 days. The period begins with the hour of that time. Jobs are counted when they end, also if they are erased later. Those that have not ended are counted too, up to ${maxUnsettledCounted} of each status, provider and model in each database. Percentiles are at most 10 % off. The object now counts the current work, at most ${maxCounted} of each kind in each database. A key of a project gets the numbers of its project.`,
  request: {
    query: z.object({
      since: z.iso.datetime({ offset: true }).optional().openapi({ description: 'The start of the period.' }),
    }),
  },
  responses: { ...keyProblems, 200: json('The statistics.', statsSchema), 422: invalidQuery },
})

export const statsRoutes = createRouter().openapi(show, async (c) => {
  const context = c.get('context')
  const { db, lastSeenSize, config, providers, now } = context
  const caller = c.get('caller')
  const { since } = c.req.valid('query')
  const nowMs = now()
  const sinceMs = since === undefined ? nowMs - defaultPeriodMs : Date.parse(since)
  if (sinceMs > nowMs || sinceMs < nowMs - maxPeriodMs) {
    const errors = [{ path: 'since', message: 'must be within the last 7 days' }]
    return problem(c, 'invalid_request', 'Correct the parameters in errors.', errors)
  }
  const [stats, backlog, slots, triedLast, disabled, reconciliation, databaseBytes] = await Promise.all([
    countSince(context.databases, sinceMs, caller),
    countBacklog(context, nowMs, caller),
    countSlots(db),
    readTriedLast(context.databases, nowMs),
    countDisabled(db, caller),
    lastReconciliation(db),
    inEachDatabase(context, (one) => readSize(one, lastSeenSize)),
  ])
  const webhookProviders = offeredProviders(providers)
    .filter(({ parseWebhook }) => parseWebhook !== undefined)
    .map(({ name }) => name)
  const counts = { stats, backlog, slots, triedLast, disabled, reconciliation, databaseBytes }
  const view = viewStats(counts, { webhookProviders, limits: config.limits, nowMs })
  return c.json(caller.project === null ? view : ofProject(view), 200)
})
