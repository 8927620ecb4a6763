/** The states of alerts, in the control database. Only the holder of the check writes them. */
import { and, eq, isNotNull, like, lt, lte, sql } from 'drizzle-orm'
import { among } from './among.ts'
import type { Database } from './database.ts'
import { alerts } from './schema.ts'

export type AlertRow = typeof alerts.$inferSelect

/** The row that is claimed. Its `changed_at` is the end of the claim. */
export const senderName = 'sender'
/** The row of the daily summary. Its `changed_at` is when the last one was due. */
export const summaryName = 'daily_summary'

/** Claims the check until then. Returns all rows. Null: another cron is at it. */
// Running this twice is harmless: the second finds it claimed, and the check waits for the next minute.
export async function claimAlerts(
  db: Database,
  untilMs: number,
  nowMs: number,
): Promise<Map<string, AlertRow> | null> {
  const [claimed, rows] = await db.batch([
    db
      .insert(alerts)
      .values({ name: senderName, isRaised: false, changedAt: untilMs })
      .onConflictDoUpdate({
        target: alerts.name,
        set: { changedAt: untilMs },
        setWhere: lte(alerts.changedAt, nowMs),
      })
      .returning({ name: alerts.name }),
    db.select().from(alerts),
  ])
  return claimed.length === 0 ? null : new Map(rows.map((row) => [row.name, row]))
}

export async function readAlerts(db: Database): Promise<AlertRow[]> {
  return db.select().from(alerts).orderBy(alerts.name)
}

export async function saveAlerts(db: Database, rows: readonly AlertRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) =>
    db.insert(alerts).values(row).onConflictDoUpdate({ target: alerts.name, set: row }),
  )
  if (first !== undefined) await db.batch([first, ...rest])
}

/** Stores the result of the last message. The claim stays. */
export async function saveSender(db: Database, sender: Pick<AlertRow, 'sentAt' | 'evidence'>): Promise<void> {
  await db.update(alerts).set(sender).where(eq(alerts.name, senderName))
}

/**
 * The receiver accepted the message about the news of that time. Newer ones, of a check that began meanwhile, are sent too. An
 * event is over with its message.
 */
export async function markSent(
  db: Database,
  { names, ended, newsAt }: { names: readonly string[]; ended: readonly string[]; newsAt: number },
  nowMs: number,
): Promise<void> {
  await db
    .update(alerts)
    .set({ sentAt: nowMs, isRaised: sql`iif(${among(alerts.name, ended)}, 0, ${alerts.isRaised})` })
    .where(and(among(alerts.name, names), sql`${alerts.evidence} ->> '$.at' = ${newsAt}`))
}

/** Deletes those of single subjects, such as hosts, that were cleared before that time. */
export async function deleteClearedAlerts(db: Database, beforeMs: number): Promise<void> {
  await db
    .delete(alerts)
    .where(
      and(
        like(alerts.name, '%:%'),
        eq(alerts.isRaised, false),
        isNotNull(alerts.sentAt),
        lt(alerts.changedAt, beforeMs),
      ),
    )
}
