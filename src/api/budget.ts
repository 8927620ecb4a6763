/** The monthly budget of an API key: reserved before a job is inserted, and shown. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import type { Estimates } from '../core/cost.ts'
import { endOfMonth, inUsd, mayCostMicros, monthOf } from '../core/job/spending.ts'
import { describeError } from '../log.ts'
import type { AcceptedJob } from '../store/jobs/insert-job.ts'
import { jobsAsStored } from '../store/jobs/jobs.ts'
import { closeReservations, jobsReservedSince, reservationOf, reserve, usedByKey } from '../store/spending.ts'
import { type FieldFault, type ProblemResponse, problemWith } from './problems.ts'
import type { ApiEnv } from './router.ts'

export const budgetSchema = z.object({
  monthly_budget_usd: z.number(),
  spent_usd: z.number().openapi({
    description: 'The cost of the jobs of this month: of ended jobs as billed, of others as reserved.',
  }),
  remaining_usd: z.number(),
  month_ends_at: z.iso.datetime().openapi({ description: 'The calendar month in UTC.' }),
  job_usd: z.number().optional().openapi({ description: 'The highest cost that the refused job may have.' }),
})

type Budget = z.infer<typeof budgetSchema>

type NewJob = Pick<AcceptedJob, 'id' | 'estimates' | 'request' | 'createdAt'>

/** `micros`: what is reserved; null for a key without a budget. */
export type Reserved = { ok: true; micros: number | null } | { ok: false; budget: Budget }

/** Reserves the largest estimate, because any of the providers may make the job. */
export async function reserveBudget({ db }: Context, caller: Caller, job: NewJob): Promise<Reserved> {
  const { keyId: apiKeyId, monthlyBudgetMicros: limit } = caller
  if (limit === null) return { ok: true, micros: null }
  const micros = mayCostMicros(job.estimates, job.request)
  const reservation = reservationOf({ ...job, apiKeyId, reservedMicros: micros })
  const { isReserved, usedMicros } = await reserve(db, reservation, limit, job.createdAt)
  if (isReserved) return { ok: true, micros }
  return { ok: false, budget: { ...viewBudget(limit, usedMicros, job.createdAt), job_usd: inUsd(micros) } }
}

/** Why `reserveBudget` would refuse the job now. Null: it would not. Nothing is reserved. */
export async function budgetFault(
  { db, now }: Context,
  { keyId, monthlyBudgetMicros: limit }: Caller,
  { estimates, request }: Pick<NewJob, 'estimates' | 'request'>,
): Promise<FieldFault | null> {
  if (limit === null) return null
  const micros = mayCostMicros(estimates, request)
  const used = (await usedByKey(db, [keyId], monthOf(now()))).get(keyId) ?? 0
  if (used + micros <= limit) return null
  const { monthly_budget_usd, remaining_usd } = viewBudget(limit, used, now())
  const message = `the job may cost $${inUsd(micros)} (at ${dearestOf(estimates)}), and $${remaining_usd} remains of the API key's $${monthly_budget_usd} for this month`
  return { path: 'monthly_budget_usd', message }
}

function dearestOf(estimates: Estimates): string | undefined {
  const prices = Object.entries(estimates).map(([name, { amount_usd = 0 }]) => ({ name, amount_usd }))
  return prices.toSorted((one, two) => two.amount_usd - one.amount_usd)[0]?.name
}

/** For a job that was not inserted. If this fails, the sweep does it. */
export async function releaseBudget(
  { db, log }: Context,
  job: Pick<AcceptedJob, 'id' | 'apiKeyId' | 'createdAt' | 'reservedMicros'>,
): Promise<void> {
  const { reservedMicros } = job
  if (reservedMicros === null) return
  const reservation = reservationOf({ ...job, reservedMicros })
  await closeReservations(db, [{ reservation, spentMicros: 0 }]).catch((error) =>
    log('reservation.left', { job_id: job.id, error: describeError(error) }),
  )
}

// Longer than the media of a request and the insert take. Later ones are left by a crash.
const acceptingMs = 60_000
// A D1 statement takes at most 100 bound values.
const maxAccepting = 100

/** Whether a job of the key has reserved, and is not inserted yet: it may be the one that a refused request repeats. */
export async function isAccepting(context: Context, apiKeyId: string): Promise<boolean> {
  const ids = await jobsReservedSince(context.db, apiKeyId, context.now() - acceptingMs, maxAccepting)
  const byDatabase = [...Map.groupBy(ids, context.dbOf)]
  const inserted = await Promise.all(byDatabase.map(([db, some]) => jobsAsStored(db, some)))
  return inserted.reduce((sum, { size }) => sum + size, 0) < ids.length
}

export function budgetExceeded(c: HonoContext<ApiEnv>, budget: Budget): ProblemResponse {
  const { monthly_budget_usd, spent_usd, remaining_usd, month_ends_at, job_usd } = budget
  return problemWith(
    c,
    'budget_exceeded',
    `Nothing was accepted or spent. The job may cost $${job_usd}, and $${remaining_usd} remains of the API key's $${monthly_budget_usd} for this month: $${spent_usd} is spent or reserved. The month ends at ${month_ends_at}. Until then, post a cheaper job, or let the key have a larger monthly_budget_usd.`,
    { budget },
  )
}

/** By key; a key without a budget is missing. */
export async function usedBudgets(
  { db, now }: Pick<Context, 'db' | 'now'>,
  keys: readonly { id: string; monthlyBudgetMicros: number | null }[],
): Promise<Map<string, number>> {
  const ids = keys.flatMap(({ id, monthlyBudgetMicros }) => (monthlyBudgetMicros === null ? [] : [id]))
  if (ids.length === 0) return new Map()
  const used = await usedByKey(db, ids, monthOf(now()))
  return new Map(ids.map((id) => [id, used.get(id) ?? 0]))
}

export function viewBudget(budgetMicros: number, usedMicros: number, nowMs: number): Budget {
  return {
    monthly_budget_usd: inUsd(budgetMicros),
    spent_usd: inUsd(usedMicros),
    remaining_usd: inUsd(Math.max(0, budgetMicros - usedMicros)),
    month_ends_at: new Date(endOfMonth(nowMs)).toISOString(),
  }
}
