/** The journal of what providers posted to us. */
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { ProviderName } from '../core/request.ts'
import type { Database } from './database.ts'
import { draftEvent, insertEventIf } from './events.ts'
import { nudgeJob } from './jobs.ts'
import { jobs, webhooks } from './schema.ts'

export type JournaledWebhook = typeof webhooks.$inferSelect

export interface HeardWebhook {
  jobId: string
  provider: ProviderName
  hash: string
  body: string
  heardAt: number
}

export type Hearing = 'heard' | 'repeated' | 'unknown job'

/** Journals the body, makes its job due and says so on the timeline; a settled job's is only journaled. */
// Running this twice is harmless: whatever is journaled already (by job and content hash) changes nothing.
export async function journalWebhook(db: Database, heard: HeardWebhook, nowMs: number): Promise<Hearing> {
  const { jobId, hash, provider, body, heardAt } = heard
  const isNew = sql`NOT EXISTS (SELECT 1 FROM ${webhooks} WHERE ${webhooks.jobId} = ${jobId} AND ${webhooks.hash} = ${hash})`
  const event = draftEvent('webhook.heard', { provider }, heardAt)
  const isHere = and(eq(jobs.id, jobId), isNull(jobs.erasedAt))
  const [known, , , written] = await db.batch([
    db.select({ id: jobs.id }).from(jobs).where(isHere),
    nudgeJob(db, jobId, nowMs, isNew),
    insertEventIf(db, jobId, event, sql`${isNew} AND ${jobs.dueAt} IS NOT NULL`),
    db
      .insert(webhooks)
      .select(
        db
          .select({
            jobId: jobs.id,
            hash: sql<string>`${hash}`.as('hash'),
            provider: sql<ProviderName>`${provider}`.as('provider'),
            body: sql<string>`${body}`.as('body'),
            heardAt: sql<number>`${heardAt}`.as('heard_at'),
          })
          .from(jobs)
          .where(isHere),
      )
      .onConflictDoNothing()
      .returning({ jobId: webhooks.jobId }),
  ])
  if (known.length === 0) return 'unknown job'
  return written.length === 1 ? 'heard' : 'repeated'
}

export function selectWebhooks(db: Database, jobId: string) {
  return db.select().from(webhooks).where(eq(webhooks.jobId, jobId)).orderBy(asc(webhooks.heardAt))
}
