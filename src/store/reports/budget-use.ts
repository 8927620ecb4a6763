/** How many API keys have used how much of their budget. */
import { monthOf } from '../../core/job/spending.ts'
import type { Database } from '../database.ts'
import { readBudgets } from './budgets.ts'

const nearlyUsedShare = 0.8

export interface BudgetUse {
  /** The API keys with a budget. */
  keys: number
  /** Those that have used 80 % of it or more, reservations included. */
  nearlyUsed: number
  used: number
}

export async function countBudgetUse(db: Database, nowMs: number): Promise<BudgetUse> {
  const budgets = await readBudgets(db, monthOf(nowMs))
  const reaching = (share: number) =>
    budgets.filter(({ usedMicros, budgetMicros }) => usedMicros >= budgetMicros * share).length
  return { keys: budgets.length, nearlyUsed: reaching(nearlyUsedShare), used: reaching(1) }
}
