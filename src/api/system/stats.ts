/** GET /v1/stats: how the jobs of a window went, and what is owed right now. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Limits } from '../../core/concurrency.ts'
import { jobStatuses } from '../../core/job.ts'
import { models, type ProviderName, providerNames } from '../../core/request/request.ts'
import {
  type Backlog,
  countBacklog,
  countSlots,
  maxCounted,
  type SlotCount,
} from '../../store/reports/backlog.ts'
import { type LastReconciliation, lastReconciliation } from '../../store/reports/reconciliation.ts'
import { countSince, maxJobsCounted, type Stats } from '../../store/reports/stats.ts'
import { problem, problemResponse, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'

const day = 24 * 60 * 60 * 1_000
const defaultWindowMs = day
const longestWindowMs = 7 * day

const seconds = z.number().nullable()
const provider = z.enum(providerNames)

const statsSchema = z
  .object({
    since: z.iso.datetime(),
    until: z.iso.datetime(),
    jobs_counted: z.int(),
    cut: z.boolean().meta({
      description: `True where the window has more than the ${maxJobsCounted} newest jobs: since is when the oldest of these was made.`,
    }),
    jobs: z.array(z.object({ provider, status: z.enum(jobStatuses), count: z.int() })),
    time_to_finish: z
      .array(
        z.object({
          provider,
          model: z.enum(models),
          jobs: z.int(),
          p50_seconds: seconds,
          p95_seconds: seconds,
        }),
      )
      .meta({ description: 'Of succeeded jobs, from their post to their end.' }),
    webhooks: z
      .array(
        z.object({
          provider,
          completed_via_webhook: z.int(),
          completed_via_poll: z.int(),
          loss: z.number().nullable().meta({ description: 'The share of ends that a poll had to find.' }),
          delay_p50_seconds: seconds.meta({ description: 'From the webhook to the end that it announced.' }),
          delay_p95_seconds: seconds,
          late: z
            .int()
            .meta({ description: 'Of those that a poll found: how many webhooks came all the same.' }),
          late_p50_seconds: seconds.meta({ description: 'After the poll had found the end.' }),
          late_p95_seconds: seconds,
        }),
      )
      .meta({ description: 'Of providers that send webhooks, by the tasks that have ended.' }),
    money: z.array(
      z.object({
        provider,
        amount_usd: z.number().nullable().meta({ description: 'Null: nothing was told in dollars.' }),
        credits: z
          .number()
          .nullable()
          .meta({ description: "In the provider's own money, where it has one." }),
        unreported: z.int().meta({ description: 'Succeeded tasks whose bill it did not tell.' }),
      }),
    ),
    now: z.object({
      jobs: z.object({
        overdue: z.int(),
        oldest_overdue_seconds: seconds,
        lease_expired: z.int().meta({ description: 'Of the overdue: a step died with them.' }),
        beyond_deadline: z.int().meta({ description: 'Unsettled for long after their deadline: stuck.' }),
      }),
      deliveries: z.object({
        pending: z.int(),
        oldest_pending_seconds: seconds,
        overdue: z.int(),
        oldest_overdue_seconds: seconds,
      }),
      slots: z
        .array(z.object({ provider, limit: z.int(), taken: z.int(), waiting: z.int() }))
        .meta({ description: 'Of providers with a limit: its tasks, and the jobs that wait for a slot.' }),
      storage: z.object({
        lost: z.int().meta({ description: 'Stored outputs and assets that are not in the bucket.' }),
        last_round: z
          .object({
            finished_at: z.iso.datetime(),
            objects: z.int(),
            rows: z.int(),
            removed: z.int().meta({ description: 'Objects that no row named.' }),
          })
          .nullable()
          .meta({ description: 'Of comparing the bucket with the tables, which is done once a day.' }),
      }),
    }),
  })
  .openapi('Stats')

const show = createRoute({
  method: 'get',
  path: '/',
  summary: 'How it goes',
  description: `Of the jobs made since then, the last 24 hours when it is left out and 7 days at the most. What is owed now is counted up to ${maxCounted} of a kind.`,
  request: { query: z.object({ since: z.iso.datetime({ offset: true }).optional() }) },
  responses: {
    ...withoutKey,
    200: { description: 'The numbers.', content: { 'application/json': { schema: statsSchema } } },
    422: problemResponse('Every fault of the query.'),
  },
})

export const statsRoutes = createRouter().openapi(show, async (c) => {
  const { db, config, providers, now } = c.get('context')
  const { since } = c.req.valid('query')
  const nowMs = now()
  const sinceMs = since === undefined ? nowMs - defaultWindowMs : Date.parse(since)
  if (sinceMs > nowMs || sinceMs < nowMs - longestWindowMs) {
    const errors = [{ path: 'since', message: 'must lie within the last 7 days' }]
    return problem(c, 'invalid_request', 'Correct the field named in errors.', errors)
  }
  const [stats, backlog, slots, round] = await Promise.all([
    countSince(db, sinceMs),
    countBacklog(db, nowMs),
    countSlots(db),
    lastReconciliation(db),
  ])
  const telling = Object.values(providers).filter(({ parseWebhook: read }) => read !== undefined)
  return c.json(
    {
      since: new Date(stats.counted.sinceMs).toISOString(),
      until: new Date(nowMs).toISOString(),
      jobs_counted: stats.counted.jobs,
      cut: stats.counted.isCut,
      jobs: stats.jobs,
      time_to_finish: stats.finished.map(({ provider, model, count, p50, p95 }) => ({
        ...{ provider, model, jobs: count },
        ...{ p50_seconds: p50 / 1_000, p95_seconds: p95 / 1_000 },
      })),
      webhooks: telling.map(({ name }) => webhooksOf(name, stats)),
      money: stats.tasks.map(({ provider, usd, credits, unreported }) => ({
        ...{ provider, amount_usd: rounded(usd), credits: rounded(credits), unreported },
      })),
      now: {
        ...viewBacklog(backlog, slots, config.limits, nowMs),
        storage: { lost: backlog.lost, last_round: round && viewRound(round) },
      },
    },
    200,
  )
})

function webhooksOf(provider: ProviderName, { tasks, webhookDelays }: Stats) {
  const { completedViaWebhook = 0, completedViaPoll = 0 } = tasks.find((of) => of.provider === provider) ?? {}
  const [heard, late] = (['webhook', 'poll'] as const).map((completedVia) =>
    webhookDelays.find((of) => of.provider === provider && of.completedVia === completedVia),
  )
  const ended = completedViaWebhook + completedViaPoll
  return {
    ...{ provider, completed_via_webhook: completedViaWebhook, completed_via_poll: completedViaPoll },
    loss: ended === 0 ? null : completedViaPoll / ended,
    delay_p50_seconds: inSeconds(heard?.p50),
    delay_p95_seconds: inSeconds(heard?.p95),
    late: late?.count ?? 0,
    late_p50_seconds: inSeconds(late?.p50),
    late_p95_seconds: inSeconds(late?.p95),
  }
}

function viewBacklog({ jobs, deliveries }: Backlog, slots: SlotCount[], limits: Limits, nowMs: number) {
  const age = (at: number | null) => (at === null ? null : (nowMs - at) / 1_000)
  return {
    jobs: {
      overdue: jobs.overdue,
      oldest_overdue_seconds: age(jobs.oldestDueAt),
      lease_expired: jobs.leaseExpired,
      beyond_deadline: jobs.beyondDeadline,
    },
    deliveries: {
      pending: deliveries.pending,
      oldest_pending_seconds: age(deliveries.oldestCreatedAt),
      overdue: deliveries.overdue,
      oldest_overdue_seconds: age(deliveries.oldestDueAt),
    },
    slots: slots.flatMap(({ provider, taken, waiting }) => {
      const limit = limits[provider]
      return limit === undefined ? [] : [{ provider, limit, taken, waiting }]
    }),
  }
}

function viewRound({ finishedAt, objects, rows, removed }: LastReconciliation) {
  return { finished_at: new Date(finishedAt).toISOString(), objects, rows, removed }
}

function inSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000
}

// Sums of binary fractions end in noise.
function rounded(amount: number | null): number | null {
  return amount === null ? null : Math.round(amount * 1e6) / 1e6
}
