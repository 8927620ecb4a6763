/**
 * The journal of the webhooks that providers posted. A callback URL may leak, so the journal of one job is bounded: a
 * webhook is only a hint, and one that is not stored still makes its job due.
 */
import { and, desc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { ProviderName } from '../../core/request/choices.ts'
import { soonMs } from '../../core/schedule/jobs.ts'
import type { Database } from '../database.ts'
import { hasLateCheck, wakeLateCheck } from '../late/late-checks.ts'
import { prepared, value } from '../prepared.ts'
import { jobs, webhooks } from '../schema.ts'
import { countLateWebhook } from './counters.ts'
import { makeDueBy, wakeJob } from './jobs.ts'

export type JournaledWebhook = typeof webhooks.$inferSelect

export interface ReceivedWebhook {
  jobId: string
  provider: ProviderName
  hash: string
  body: string
  receivedAt: number
  /** It says nothing that a submitted task would need: it is journaled, and wakes its job only while that is queued. */
  isProgress?: boolean
}

/**
 * `full`: the job's journal is full, so it only wakes the job. `late`: the job has ended, so it is only counted.
 * `awaited`: it has ended and waits for late results, so the webhook is journaled and its check is due.
 */
export type RecordResult = 'received' | 'repeated' | 'full' | 'late' | 'awaited' | 'unknown_job'

/** The limits for one job. A job with four outputs has about ten webhooks of one or two kilobytes each. */
export const maxJournaled = { rows: 32, bytes: 256 * 1024 }

/** How many of a job's webhooks one step reads. */
const maxRead = 16

/** Journals the webhook without claiming its job. */
export async function journalWebhook(
  db: Database,
  webhook: ReceivedWebhook,
  nowMs: number,
): Promise<RecordResult> {
  const [[seen], , , late, written] = await db.batch([...journal(db, webhook, nowMs, '').statements])
  return afterLate(db, webhook, { result: recordResult(seen, written), late }, nowMs)
}

/**
 * The statements that journal the body, which the timeline shows, and make its job due. Beyond the journal's limits the
 * job only becomes due soon, so that a flood of webhooks is no flood of polls. After the job's end webhooks are only
 * counted. `lease`: of a claim earlier in the same batch; the job that it took needs no wake-up.
 */
// Idempotent: a body that is journaled already (by job and content hash) changes nothing; the count of late webhooks is
// a statistic.
export function journal(db: Database, webhook: ReceivedWebhook, nowMs: number, lease: string) {
  const values = {
    ...webhook,
    bytes: new TextEncoder().encode(webhook.body).length,
    isProgress: webhook.isProgress ? 1 : 0,
    lease,
    now: nowMs,
    soon: nowMs + soonMs,
  }
  const statements = [
    see(db, values),
    wakeIfStored(db, values),
    makeDueSoonIfNew(db, values),
    countLate(db, values),
    insertIfStored(db, values),
  ] as const
  return { values, statements }
}

const isNew = sql`NOT EXISTS (SELECT 1 FROM ${webhooks}
  WHERE ${webhooks.jobId} = ${value('jobId')} AND ${webhooks.hash} = ${value('hash')})`
const storedBytes = sql`coalesce(sum(length(CAST(${webhooks.body} AS BLOB))), 0)`
const hasRoom = sql`(SELECT count(*) < ${maxJournaled.rows} AND ${storedBytes} + ${value('bytes')} <= ${maxJournaled.bytes}
  FROM ${webhooks} WHERE ${webhooks.jobId} = ${value('jobId')})`
/** Whether the webhook is new and the journal has room for it: in a statement with the values of `journal`. */
const isStored = sql`${isNew} AND ${hasRoom}`
/** A queued job may have lost the answer to its submission, and then a webhook that reports progress names its task. */
const mayWake = sql`(${value('isProgress')} = 0 OR ${jobs.status} = 'queued')`
/** Whether it also makes its job due: in a statement on jobs. */
export const isWakeUp = sql`${mayWake} AND ${isStored}`

const isHere = and(eq(jobs.id, value('jobId')), isNull(jobs.erasedAt))

const see = prepared((db) =>
  db
    .select({ settledAt: jobs.settledAt, isNew: sql<number>`${isNew}` })
    .from(jobs)
    .where(isHere),
)

const isElsewhere = sql`${jobs.lease} IS NOT ${value('lease')}`
const wakeIfStored = prepared((db) =>
  wakeJob(db, value('jobId'), value('now'), sql`${isElsewhere} AND ${isWakeUp}`),
)

const makeDueSoonIfNew = prepared((db) =>
  makeDueBy(db, value('jobId'), value('soon'), sql`${mayWake} AND ${isNew}`),
)

const countLate = prepared((db) =>
  db
    .update(jobs)
    .set({
      lateWebhooks: sql`${jobs.lateWebhooks} + 1`,
      lateWebhookAt: sql`coalesce(${jobs.lateWebhookAt}, ${value('receivedAt')})`,
    })
    .where(and(isHere, isNotNull(jobs.settledAt), isNew))
    .returning({ webhooks: jobs.lateWebhooks }),
)

const insertIfStored = prepared((db) => insertWebhookIf(db, isNull(jobs.settledAt)))

const insertIfLate = prepared((db) => insertWebhookIf(db, hasLateCheck(jobs.id)))

const wakeIfLate = prepared((db) => wakeLateCheck(db, value('jobId'), value('now'), isStored))

function insertWebhookIf(db: Database, isAwaited: SQL) {
  return db
    .insert(webhooks)
    .select(
      db
        .select({
          jobId: jobs.id,
          hash: value<string>('hash').as('hash'),
          provider: value<ProviderName>('provider').as('provider'),
          body: value<string>('body').as('body'),
          receivedAt: value<number>('receivedAt').as('received_at'),
        })
        .from(jobs)
        .where(and(isHere, isAwaited, isStored)),
    )
    .onConflictDoNothing()
    .returning({ jobId: webhooks.jobId })
}

/**
 * After the end of the job: counts the first webhook, and journals the awaited ones. By itself, because these are few. After
 * a crash before it the message is delivered again, and the first one stays uncounted. `late`: of the fourth result.
 */
export async function afterLate(
  db: Database,
  webhook: ReceivedWebhook,
  { result, late }: { result: RecordResult; late: { webhooks: number }[] },
  nowMs: number,
): Promise<RecordResult> {
  if (result !== 'late') return result
  if (late[0]?.webhooks === 1) await countLateWebhook(db, webhook)
  return (await journalLate(db, webhook, nowMs)) ? 'awaited' : 'late'
}

/** False: the job does not wait for late results, or its journal is full. */
// Idempotent: a body that is journaled already changes nothing.
async function journalLate(db: Database, webhook: ReceivedWebhook, nowMs: number): Promise<boolean> {
  const values = { ...webhook, bytes: new TextEncoder().encode(webhook.body).length }
  const [, written] = await db.batch([wakeIfLate(db, { ...values, now: nowMs }), insertIfLate(db, values)])
  return written.length === 1
}

/** From the first and the last result of the statements. */
export function recordResult(
  job: { settledAt: number | null; isNew: number } | undefined,
  written: readonly unknown[],
): RecordResult {
  if (job === undefined) return 'unknown_job'
  if (written.length === 1) return 'received'
  if (job.isNew !== 1) return 'repeated'
  return job.settledAt === null ? 'full' : 'late'
}

/** A job's newest webhooks, the newest first, if the condition holds. */
export function selectWebhooks(db: Database, jobId: SQL<string>, onlyIf: SQL) {
  return db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.jobId, jobId), onlyIf))
    .orderBy(desc(webhooks.receivedAt))
    .limit(maxRead)
}
