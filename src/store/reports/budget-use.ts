/** How many API keys have used how much of their budget. */
import { and, desc, isNotNull, isNull } from 'drizzle-orm'
import { monthOf } from '../../core/job/spending.ts'
import type { Database } from '../database.ts'
import { apiKeys } from '../schema.ts'
import { usedByKey } from '../spending.ts'

const maxKeys = 1_000
const nearlyUsedShare = 0.8

export interface BudgetUse {
  /** The API keys with a budget. */
  keys: number
  /** Those that have used 80 % of it or more, reservations included. */
  nearlyUsed: number
  used: number
}

export async function countBudgetUse(db: Database, nowMs: number): Promise<BudgetUse> {
  const keys = await db
    .select({ id: apiKeys.id, budget: apiKeys.monthlyBudgetMicros })
    .from(apiKeys)
    .where(and(isNotNull(apiKeys.monthlyBudgetMicros), isNull(apiKeys.revokedAt)))
    .orderBy(desc(apiKeys.id))
    .limit(maxKeys)
  const ids = keys.map(({ id }) => id)
  const used = keys.length === 0 ? new Map<string, number>() : await usedByKey(db, ids, monthOf(nowMs))
  const reaching = (share: number) =>
    keys.filter(({ id, budget }) => budget !== null && (used.get(id) ?? 0) >= budget * share).length
  return { keys: keys.length, nearlyUsed: reaching(nearlyUsedShare), used: reaching(1) }
}
