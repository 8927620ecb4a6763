/**
 * The journal of what providers posted to us. A callback URL may leak, so the journal of one job is bounded: a webhook
 * is only a hint, and one that is not kept still makes its job due.
 */
import { and, desc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { ProviderName } from '../../core/request/request.ts'
import { soonMs } from '../../core/schedule.ts'
import type { Database } from '../database.ts'
import { draftEvent, insertEventIf } from '../events.ts'
import { jobs, webhooks } from '../schema.ts'
import { makeDueBy, wakeJob } from './jobs.ts'

export type JournaledWebhook = typeof webhooks.$inferSelect

export interface ReceivedWebhook {
  jobId: string
  provider: ProviderName
  hash: string
  body: string
  receivedAt: number
}

/** `full`: the job's journal is full, so it is only a wake-up. `late`: its job had ended, so it is only counted. */
export type RecordResult = 'heard' | 'repeated' | 'full' | 'late' | 'unknown_job'

/** Of one job. A job of four outputs has some ten webhooks of one or two kilobytes each. */
export const maxJournaled = { rows: 32, bytes: 256 * 1024 }

/** So many are read at a step. */
const newest = 16

/**
 * Journals the body, makes its job due and says so on the timeline. Beyond the journal's limits the job is only made due
 * soon, so that a flood of posts is no flood of questions to the provider. After the job's end posts are only counted.
 */
// Running this twice is harmless: whatever is journaled already (by job and content hash) changes nothing, and the
// count of late posts is no more than a statistic.
export async function journalWebhook(
  db: Database,
  heard: ReceivedWebhook,
  nowMs: number,
): Promise<RecordResult> {
  const { jobId, hash, provider, body, receivedAt } = heard
  const isNew = sql`NOT EXISTS (SELECT 1 FROM ${webhooks} WHERE ${webhooks.jobId} = ${jobId} AND ${webhooks.hash} = ${hash})`
  const isKept = sql`${isNew} AND ${hasRoom(jobId, body)}`
  const event = draftEvent('webhook.received', { provider }, receivedAt)
  const isHere = and(eq(jobs.id, jobId), isNull(jobs.erasedAt))
  const [[known], , , , , written] = await db.batch([
    db
      .select({ settledAt: jobs.settledAt, isNew: sql<number>`${isNew}` })
      .from(jobs)
      .where(isHere),
    wakeJob(db, jobId, nowMs, isKept),
    makeDueBy(db, jobId, nowMs + soonMs, isNew),
    insertEventIf(db, jobId, event, sql`${isKept} AND ${jobs.dueAt} IS NOT NULL`),
    countLate(db, heard, isNew),
    db
      .insert(webhooks)
      .select(
        db
          .select({
            jobId: jobs.id,
            hash: sql<string>`${hash}`.as('hash'),
            provider: sql<ProviderName>`${provider}`.as('provider'),
            body: sql<string>`${body}`.as('body'),
            receivedAt: sql<number>`${receivedAt}`.as('received_at'),
          })
          .from(jobs)
          .where(and(isHere, isNull(jobs.settledAt), isKept)),
      )
      .onConflictDoNothing()
      .returning({ jobId: webhooks.jobId }),
  ])
  if (known === undefined) return 'unknown_job'
  if (written.length === 1) return 'heard'
  if (known.isNew !== 1) return 'repeated'
  return known.settledAt === null ? 'full' : 'late'
}

/** The newest of a job's webhooks, newest first, where the condition holds. */
export function selectWebhooks(db: Database, jobId: string, onlyIf: SQL) {
  return db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.jobId, jobId), onlyIf))
    .orderBy(desc(webhooks.receivedAt))
    .limit(newest)
}

function hasRoom(jobId: string, body: string): SQL {
  const bytes = new TextEncoder().encode(body).length
  const kept = sql`coalesce(sum(length(CAST(${webhooks.body} AS BLOB))), 0)`
  return sql`(SELECT count(*) < ${maxJournaled.rows} AND ${kept} + ${bytes} <= ${maxJournaled.bytes} FROM ${webhooks} WHERE ${webhooks.jobId} = ${jobId})`
}

function countLate(db: Database, { jobId, receivedAt }: ReceivedWebhook, isNew: SQL) {
  return db
    .update(jobs)
    .set({
      lateWebhooks: sql`${jobs.lateWebhooks} + 1`,
      lateWebhookAt: sql`coalesce(${jobs.lateWebhookAt}, ${receivedAt})`,
    })
    .where(and(eq(jobs.id, jobId), isNotNull(jobs.settledAt), isNull(jobs.erasedAt), isNew))
}
