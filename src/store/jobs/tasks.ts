/** The submission record: one row per task. */
import { and, asc, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm'
import { type Cost, costSchema } from '../../core/cost.ts'
import { type Fault, fault, readFault, writeFault } from '../../core/fault.ts'
import { readStored } from '../../core/http/json.ts'
import { type Answers, readAnswers, writeAnswers } from '../../core/job/answers.ts'
import type { CompletionSource } from '../../core/job/task.ts'
import { type PollFailureRecord, pollFailureRecordSchema } from '../../core/poll-failure.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { type Database, reasonOf } from '../database.ts'
import { prepared, value, valuesOf } from '../prepared.ts'
import { tasks } from '../schema.ts'
import { type Databases, inEachDatabase } from '../shards.ts'
import { type InputUpload, inputsSchema, type ReceivedVideo, receivedVideoSchema } from './task-media.ts'

type Row = typeof tasks.$inferSelect

/** A status says which fields are set: rows are parsed into this union once, when they are read. */
export type Task = OpenTask | RunningTask | SucceededTask | FailedTask

/** The provider is not known to have it. `endedAt` is set once another task replaced it, or the job was canceled. */
export type OpenTask = TaskRow & {
  status: 'preparing' | 'intended' | 'deferred' | 'unknown'
  providerTaskId: null
  submittedAt: null
  completedVia: null
  endedAt: number | null
  fault: Fault | null
}

/** The provider has it. `endedAt` is set once the job was canceled. */
export type RunningTask = TaskRow & {
  status: 'submitted'
  providerTaskId: string
  submittedAt: number
  completedVia: null
  endedAt: number | null
  fault: Fault | null
}

/** `fault`: of the outputs that failed, if some did. */
type SucceededTask = TaskRow & {
  status: 'succeeded'
  providerTaskId: string
  submittedAt: number
  completedVia: CompletionSource
  endedAt: number
  fault: Fault | null
}

/** A `rejected` task was not bought; a `failed` one may have been. */
type FailedTask = TaskRow & {
  status: 'rejected' | 'failed'
  providerTaskId: string | null
  submittedAt: number | null
  completedVia: CompletionSource | null
  endedAt: number
  fault: Fault
}

interface TaskRow extends Omit<Row, ParsedColumn | StatusColumn> {
  /** By the path of the medium in the request. */
  inputs: Record<string, InputUpload>
  /** As it was when the row was read. Saving the task does not change it. */
  receivedVideo: ReceivedVideo | null
  cost: Cost | null
  /** The failed polls in a row, of which `fault` is the last. Null: the last poll was answered. */
  pollFailure: PollFailureRecord | null
  answers: Answers
}

type ParsedColumn = 'cost' | 'inputs' | 'receivedVideo' | 'pollFailure' | 'answers'
type StatusColumn = 'status' | 'providerTaskId' | 'submittedAt' | 'completedVia' | 'endedAt' | 'fault'

export function selectTasks(db: Database, jobId: string) {
  return tasksOfJob(db, { jobId })
}

const tasksOfJob = prepared((db) =>
  db
    .select()
    .from(tasks)
    .where(eq(tasks.jobId, value('jobId')))
    .orderBy(asc(tasks.n)),
)

/** Which of these provider task ids the tasks of any job have already, whatever its database. */
export async function takenTaskIds(
  databases: Pick<Databases, 'databases'>,
  provider: ProviderName,
  ids: readonly string[],
): Promise<Set<string>> {
  const parts = Array.from({ length: Math.ceil(ids.length / idsPerStatement) }, (_, n) =>
    ids.slice(n * idsPerStatement, (n + 1) * idsPerStatement),
  )
  const held = await Promise.all(
    parts.map((part) =>
      inEachDatabase(databases, (db) =>
        db
          .select({ id: tasks.providerTaskId })
          .from(tasks)
          .where(and(eq(tasks.provider, provider), inArray(tasks.providerTaskId, part))),
      ),
    ),
  )
  return new Set(held.flat(2).flatMap(({ id }) => id ?? []))
}

// D1 takes at most 100 parameters in a statement.
const idsPerStatement = 90

/** True for the error of a batch that gives a task the provider's id of another task: nothing was written. */
export function isTaskTaken(error: unknown): boolean {
  return /UNIQUE constraint failed: tasks\.provider, tasks\.provider_task_id/.test(reasonOf(error))
}

/** Inserts the task or updates it. `before`: the task as it was written last, if that is known. */
export function saveTask(db: Database, task: Task, before?: Task) {
  const row: Row = {
    ...task,
    cost: task.cost === null ? null : JSON.stringify(task.cost),
    fault: writeFault(task.fault),
    inputs: Object.keys(task.inputs).length === 0 ? null : JSON.stringify(task.inputs),
    receivedVideo: null,
    pollFailure: task.pollFailure === null ? null : JSON.stringify(task.pollFailure),
    answers: writeAnswers(task.answers),
  }
  // A written id costs a row in its index too, even if it is the same.
  return before?.providerTaskId === task.providerTaskId ? save(db, row) : saveWithId(db, row)
}

const save = prepared((db) => insertOrUpdate(db, {}))
const saveWithId = prepared((db) => insertOrUpdate(db, { providerTaskId: sql`excluded.provider_task_id` }))

function insertOrUpdate(db: Database, alsoSet: { providerTaskId?: SQL }) {
  return db
    .insert(tasks)
    .values(valuesOf(getTableColumns(tasks)))
    .onConflictDoUpdate({
      target: [tasks.jobId, tasks.n],
      set: {
        ...alsoSet,
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
        answers: sql`excluded.answers`,
      },
    })
}

/** A damaged column reads as unknown: the media are uploaded again, and the video is fetched by its URL. */
export function readTask(row: Row): Task {
  const { status, providerTaskId, submittedAt, completedVia, endedAt } = row
  const common = {
    ...row,
    cost: readStored(costSchema, row.cost) ?? null,
    inputs: readStored(inputsSchema, row.inputs) ?? {},
    receivedVideo: readStored(receivedVideoSchema, row.receivedVideo) ?? null,
    pollFailure: readStored(pollFailureRecordSchema, row.pollFailure) ?? null,
    answers: readAnswers(row.answers),
  }
  const stored = readFault(row.fault)
  switch (status) {
    case 'preparing':
    case 'intended':
    case 'deferred':
    case 'unknown':
      return { ...common, status, providerTaskId: null, submittedAt: null, completedVia: null, fault: stored }
    case 'submitted':
      if (providerTaskId === null || submittedAt === null) break
      return { ...common, status, providerTaskId, submittedAt, completedVia: null, fault: stored }
    case 'succeeded':
      if (providerTaskId === null || submittedAt === null || completedVia === null || endedAt === null) break
      return { ...common, status, providerTaskId, submittedAt, completedVia, endedAt, fault: stored }
    case 'rejected':
    case 'failed':
      return { ...common, status, endedAt: endedAt ?? row.intendedAt, fault: stored ?? damaged }
  }
  // A row that contradicts its status may have been bought, and nothing more can be learned of it.
  return { ...common, status: 'failed', endedAt: endedAt ?? row.intendedAt, fault: stored ?? damaged }
}

const damaged: Fault = fault('internal_error', 'The row of this task is damaged in the database.')
