/** The alerts that are raised now. */
import { eq } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { alerts } from '../schema.ts'

/** How many by kind: the part of the name before the colon, since the rest may name an API key or a host. */
export async function countRaisedAlerts(db: Database): Promise<Map<string, number>> {
  const raised = await db.select({ name: alerts.name }).from(alerts).where(eq(alerts.isRaised, true))
  const kinds = Map.groupBy(raised, ({ name }) => name.split(':', 1)[0] ?? name)
  return new Map([...kinds].map(([kind, { length }]) => [kind, length]))
}
