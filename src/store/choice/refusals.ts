/**
 * The streaks of refusals: one row of `reconciliations` for each provider, or provider and model. The batch that commits a
 * refusal writes it. An accepted submission deletes it, and writes nothing where there is none.
 */
import { eq, or, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { z } from 'zod'
import {
  maxRefusalGapMs,
  minRefusedJobs,
  type RefusalScope,
  type RefusalStreak,
  refusalScopeOf,
} from '../../core/choice/refusals.ts'
import { type FaultCode, faultCodes } from '../../core/fault-codes.ts'
import { readStored } from '../../core/http/json.ts'
import { type Model, models, type ProviderName, providerNames } from '../../core/request/choices.ts'
import type { Database } from '../database.ts'
import { prepared, value } from '../prepared.ts'
import { reconciliations } from '../schema.ts'

/** The result of a submission. Null: the provider has accepted it. */
export interface Submission {
  provider: ProviderName
  fault: FaultCode | null
}

interface SubmittingJob {
  id: string
  model: Model
}

/** Belongs in the batch that commits the result, under the lease of the job. */
export function noteSubmissions(
  db: Database,
  job: SubmittingJob,
  submissions: readonly Submission[],
  nowMs: number,
) {
  return submissions.flatMap(({ provider, fault }): BatchItem<'sqlite'>[] => {
    if (fault === null)
      return [endStreaks(db, { ofAll: nameOf(provider, null), ofModel: nameOf(provider, job.model) })]
    const scope = refusalScopeOf(fault)
    return scope === null ? [] : [continueStreak(db, job, { provider, fault, scope }, nowMs)]
  })
}

const endStreaks = prepared((db) =>
  db
    .delete(reconciliations)
    .where(or(eq(reconciliations.name, value('ofAll')), eq(reconciliations.name, value('ofModel')))),
)

// Running this twice is harmless: a job is counted once.
function continueStreak(
  db: Database,
  { id, model }: SubmittingJob,
  { provider, fault, scope }: { provider: ProviderName; fault: FaultCode; scope: RefusalScope },
  nowMs: number,
) {
  const { counts, dueAt } = reconciliations
  const isOver = sql`${dueAt} < ${nowMs - maxRefusalGapMs} OR json_valid(${counts}) = 0`
  const known = sql`json_extract(${counts}, '$.jobs')`
  const isCounted = sql`json_array_length(${known}) >= ${minRefusedJobs}
    OR EXISTS (SELECT 1 FROM json_each(${known}) AS job WHERE job.value = ${id})`
  const jobs = sql`json(CASE WHEN ${isCounted} THEN ${known} ELSE json_insert(${known}, '$[#]', ${id}) END)`
  return db
    .insert(reconciliations)
    .values({
      name: nameOf(provider, scope === 'model' ? model : null),
      startedAt: nowMs,
      dueAt: nowMs,
      counts: JSON.stringify({ fault, jobs: [id] }),
    })
    .onConflictDoUpdate({
      target: reconciliations.name,
      set: {
        startedAt: sql`iif(${isOver}, excluded.started_at, ${reconciliations.startedAt})`,
        dueAt: sql`excluded.due_at`,
        counts: sql`iif(${isOver}, excluded.counts, json_set(${counts}, '$.fault', ${fault}, '$.jobs', ${jobs}))`,
      },
    })
}

const prefix = 'refusals '
/** The names that begin with the prefix, as a range of the key: `!` follows the space. */
export const isRefusalStreak = sql`${reconciliations.name} > ${prefix} AND ${reconciliations.name} < 'refusals!'`

function nameOf(provider: ProviderName, model: Model | null): string {
  return `${prefix}${provider}${model === null ? '' : ` ${model}`}`
}

interface StoredStreak {
  name: string
  startedAt: number | null
  dueAt: number
  counts: string | null
}

/** Empty for another row, for a damaged one, and for a provider or a model that this version does not know. */
export function readStreak({ name, startedAt, dueAt, counts }: StoredStreak): RefusalStreak[] {
  if (!name.startsWith(prefix)) return []
  const [providerName, modelName = null] = name.slice(prefix.length).split(' ')
  const provider = providerNames.find((one) => one === providerName)
  const model = models.find((one) => one === modelName) ?? null
  const streak = readStored(streakSchema, counts)
  if (provider === undefined || model !== modelName || streak === undefined) return []
  const { jobs, fault } = streak
  return [{ provider, model, firstAt: startedAt ?? dueAt, lastAt: dueAt, jobs: jobs.length, fault }]
}

const streakSchema = z.object({ fault: z.enum(faultCodes), jobs: z.array(z.string()) })
