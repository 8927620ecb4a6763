/** The submission ledger. */
import { and, asc, eq, exists, inArray, ne, notExists, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { z } from 'zod'
import { type Cost, costSchema } from '../../core/cost.ts'
import { type Fault, readFault, writeFault } from '../../core/fault.ts'
import { readKept } from '../../core/http/json.ts'
import { type PollFailureRecord, pollFailureRecordSchema } from '../../core/poll-failure.ts'
import type { ProviderName } from '../../core/request/request.ts'
import type { TaskStatus } from '../../core/task.ts'
import { type Database, reasonOf } from '../database.ts'
import { jobs, tasks } from '../schema.ts'

type Row = typeof tasks.$inferSelect

const inputSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('sent'),
    /** The provider's own id of the upload. */
    uploadId: z.string(),
    /** Milliseconds since 1970. */
    sentAt: z.number(),
  }),
  z.object({ state: z.literal('imported'), assetId: z.string() }),
])

/** A medium at a provider that takes media only under its own ids: sent, and being imported; or imported. */
export type InputUpload = z.infer<typeof inputSchema>

const inputsSchema = z.record(z.string(), inputSchema)

const receivedVideoSchema = z.object({
  key: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  /** In hex. */
  sha256: z.string(),
  /** Milliseconds since 1970. */
  arrivedAt: z.number(),
  /** How many different videos came before it. */
  others: z.number().default(0),
})

/** A video that its provider has PUT to us: it is in R2, whether it is made an output or not. */
export type ReceivedVideo = z.infer<typeof receivedVideoSchema>

export interface Task extends Omit<Row, 'cost' | 'fault' | 'inputs' | 'pollFailure' | 'receivedVideo'> {
  /** By the path of the medium in the request. */
  inputs: Record<string, InputUpload>
  /** As it was when the row was read; saving the line does not change it. */
  receivedVideo: ReceivedVideo | null
  cost: Cost | null
  fault: Fault | null
  /** The failed polls in a row, of which `fault` is the last. Null: the last poll was answered. */
  pollFailure: PollFailureRecord | null
}

/** A task that is about to be submitted for the first time. */
export function newTask(
  given: Pick<Task, 'jobId' | 'n' | 'provider' | 'clientReference' | 'wanted' | 'intendedAt'>,
): Task {
  return {
    ...given,
    providerTaskId: null,
    status: 'intended',
    attempts: 0,
    unknownAt: null,
    submittedAt: null,
    endedAt: null,
    inputs: {},
    completedVia: null,
    awaitsUpload: false,
    receivedVideo: null,
    cost: null,
    fault: null,
    pollFailure: null,
  }
}

/** Whether objects of the task may be in R2 that are no output: a provider may upload a video that is not used. */
export function mayLeaveOrphans({ awaitsUpload }: Task): boolean {
  return awaitsUpload
}

export function selectTasks(db: Database, jobId: string) {
  return db.select().from(tasks).where(eq(tasks.jobId, jobId)).orderBy(asc(tasks.n))
}

/** The tasks of many jobs at once, for a page of them. */
export async function tasksOfAll(db: Database, jobIds: string[]): Promise<Map<string, Task[]>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db.select().from(tasks).where(inArray(tasks.jobId, jobIds)).orderBy(asc(tasks.n))
  return Map.groupBy(rows.map(readTask), ({ jobId }) => jobId)
}

/** Those of a provider's tasks that lines of any job hold already. */
export async function takenTaskIds(
  db: Database,
  provider: ProviderName,
  ids: readonly string[],
): Promise<Set<string>> {
  const parts = Array.from({ length: Math.ceil(ids.length / idsPerQuestion) }, (_, n) =>
    ids.slice(n * idsPerQuestion, (n + 1) * idsPerQuestion),
  )
  const held = await Promise.all(
    parts.map((part) =>
      db
        .select({ id: tasks.providerTaskId })
        .from(tasks)
        .where(and(eq(tasks.provider, provider), inArray(tasks.providerTaskId, part))),
    ),
  )
  return new Set(held.flat().flatMap(({ id }) => id ?? []))
}

// D1 takes at most 100 parameters in a statement.
const idsPerQuestion = 90

/** True for the error of a batch that gives a line the task of another: nothing was written. */
export function isTaskTaken(error: unknown): boolean {
  return /UNIQUE constraint failed: tasks\.provider, tasks\.provider_task_id/.test(reasonOf(error))
}

/** Writes the line as it is now, whether it is new or known. `before`: as it was written last, where that is known. */
export function saveTask(db: Database, task: Task, before?: Task) {
  const row: Row = {
    ...task,
    cost: task.cost === null ? null : JSON.stringify(task.cost),
    fault: writeFault(task.fault),
    inputs: Object.keys(task.inputs).length === 0 ? null : JSON.stringify(task.inputs),
    receivedVideo: null,
    pollFailure: task.pollFailure === null ? null : JSON.stringify(task.pollFailure),
  }
  return db
    .insert(tasks)
    .values(row)
    .onConflictDoUpdate({
      target: [tasks.jobId, tasks.n],
      set: {
        // Each time it is set, its index costs a row too.
        ...(before?.providerTaskId !== task.providerTaskId && {
          providerTaskId: sql`excluded.provider_task_id`,
        }),
        status: sql`excluded.status`,
        attempts: sql`excluded.attempts`,
        intendedAt: sql`excluded.intended_at`,
        unknownAt: sql`excluded.unknown_at`,
        submittedAt: sql`excluded.submitted_at`,
        endedAt: sql`excluded.ended_at`,
        inputs: sql`excluded.inputs`,
        completedVia: sql`excluded.completed_via`,
        cost: sql`excluded.cost`,
        fault: sql`excluded.fault`,
        pollFailure: sql`excluded.poll_failure`,
      },
    })
}

/**
 * What a step learned of a line and could not commit, because its job was canceled meanwhile. The job stays as it is;
 * the line gets the provider's id and cost, or that nothing was bought.
 */
// Guarded by what the line must have been for this to be news, so that nothing later is overwritten.
export async function recordLateTask(db: Database, task: Task): Promise<void> {
  const before = isNewsAfter[task.status]
  if (before.length === 0) return
  const isOpen = task.status === 'submitted' || task.status === 'unknown'
  const isCanceled = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, task.jobId), eq(jobs.status, 'canceled')))
  const other = alias(tasks, 'other')
  const holder = db
    .select({ jobId: other.jobId })
    .from(other)
    .where(
      and(
        eq(other.provider, task.provider),
        eq(other.providerTaskId, task.providerTaskId ?? ''),
        or(ne(other.jobId, task.jobId), ne(other.n, task.n)),
      ),
    )
  await db
    .update(tasks)
    .set({
      status: task.status === 'deferred' ? 'rejected' : task.status,
      providerTaskId: task.providerTaskId,
      unknownAt: task.unknownAt,
      submittedAt: task.submittedAt,
      completedVia: task.completedVia,
      cost: task.cost === null ? null : JSON.stringify(task.cost),
      // A line that is not over keeps what the cancellation wrote of its end.
      ...(!isOpen && { fault: writeFault(task.fault) }),
      ...(task.endedAt !== null && { endedAt: task.endedAt }),
    })
    .where(
      and(
        eq(tasks.jobId, task.jobId),
        eq(tasks.n, task.n),
        inArray(tasks.status, before),
        exists(isCanceled),
        // One that another line holds is not this line's task.
        notExists(holder),
      ),
    )
}

const isNewsAfter: Record<TaskStatus, TaskStatus[]> = {
  preparing: [],
  intended: [],
  unknown: ['intended'],
  deferred: ['intended'],
  rejected: ['intended'],
  // A yes stands above a no: one submission may have been sent by two steps.
  submitted: ['intended', 'unknown', 'rejected'],
  succeeded: ['submitted'],
  failed: ['submitted'],
}

/** A damaged column is as if nothing were known: the media are uploaded again, the video is fetched by its URL. */
export function readTask(row: Row): Task {
  return {
    ...row,
    cost: (row.cost === null ? null : readKept(costSchema, row.cost)) ?? null,
    fault: readFault(row.fault),
    inputs: (row.inputs === null ? null : readKept(inputsSchema, row.inputs)) ?? {},
    receivedVideo:
      (row.receivedVideo === null ? null : readKept(receivedVideoSchema, row.receivedVideo)) ?? null,
    pollFailure:
      (row.pollFailure === null ? null : readKept(pollFailureRecordSchema, row.pollFailure)) ?? null,
  }
}
