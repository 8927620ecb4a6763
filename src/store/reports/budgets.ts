/** The used part of each monthly budget. */
import { and, isNotNull, isNull } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { apiKeys } from '../schema.ts'
import { usedByKey } from '../spending.ts'

export interface BudgetInUse {
  keyId: string
  name: string
  usedMicros: number
  budgetMicros: number
}

/** Reads the table of the keys, and what those with a budget have used. */
export async function readBudgets(db: Database, month: string): Promise<BudgetInUse[]> {
  const keys = await db
    .select({ keyId: apiKeys.id, name: apiKeys.name, budgetMicros: apiKeys.monthlyBudgetMicros })
    .from(apiKeys)
    .where(and(isNotNull(apiKeys.monthlyBudgetMicros), isNull(apiKeys.revokedAt)))
  if (keys.length === 0) return []
  const used = await usedByKey(
    db,
    keys.map(({ keyId }) => keyId),
    month,
  )
  return keys.flatMap(({ budgetMicros, ...key }) =>
    budgetMicros === null ? [] : [{ ...key, budgetMicros, usedMicros: used.get(key.keyId) ?? 0 }],
  )
}
