/**
 * Finds a submission whose response was lost: among the tasks that its webhooks named, then in the list of tasks. The
 * fingerprint in `execution_expires_after` identifies it (expiry.ts).
 */
import { z } from 'zod'
import { type Fault, fail, ok, type Result } from '../../core/fault.ts'
import type { ProviderResponse } from '../http.ts'
import { lenient } from '../lenient.ts'
import type { LostSubmission, Missing, Submitted } from '../provider.ts'
import { failureOf } from '../status-faults.ts'
import { isOlder } from '../submission-search.ts'
import { refusalOf, title } from './errors.ts'
import { defaultExpiry, expiryOf, isFingerprint } from './expiry.ts'
import { type ArkTask, taskSchema } from './task.ts'

export interface SearchCalls {
  getTask(taskId: string): Promise<Result<ArkTask>>
  listTasks(query: URLSearchParams): Promise<Result<ProviderResponse>>
}

/** `modelId`: as it was sent. The list is allowed one request a second, so only one is made for each search. */
export async function findTask(
  calls: SearchCalls,
  submission: LostSubmission,
  modelId: string,
  nowMs: number,
): Promise<Result<Submitted | Missing>> {
  const named = await findNamed(calls, submission)
  if (named.found !== null) return ok(named.found)
  const query = { page_num: '1', page_size: String(pageSize), 'filter.model': modelId }
  const response = await calls.listTasks(new URLSearchParams(query))
  if (!response.ok) return response
  const list = readList(response.value, nowMs)
  if (!list.ok) return list
  const result = await pickFrom(list.value, submission)
  if (!result.ok || result.value !== 'unlisted') return result
  if (named.fault !== null) return { ok: false, fault: named.fault }
  return named.isUndecided ? ok('not_found') : result
}

/** The largest allowed. An account makes at most 600 requests a minute for each model. */
const pageSize = 500

interface Named {
  found: Submitted | null
  /** A named task could not be read. */
  fault: Fault | null
  /** A named task is not known yet, or does not show whether it is the submission. */
  isUndecided: boolean
}

async function findNamed(calls: SearchCalls, submission: LostSubmission): Promise<Named> {
  const named: Named = { found: null, fault: null, isUndecided: false }
  const held = await submission.heldAmong(submission.namedTaskIds)
  for (const taskId of submission.namedTaskIds.filter((id) => !held.has(id))) {
    const task = await calls.getTask(taskId)
    if (task.ok && isCertain(task.value, submission)) {
      return { ...named, found: { providerTaskId: task.value.id } }
    }
    if (task.ok) named.isUndecided ||= isPossible(task.value, submission)
    else if (task.fault.code === 'task_lost') named.isUndecided = true
    else named.fault = task.fault
  }
  return named
}

/**
 * `unlisted` is a strong word: the page must reach back to the call, or be the whole list, and show no task that might be the
 * submission. It must also show an older task of ours: a wrong filter or the key of another account would hide them too. One of
 * these must have a fingerprint: if BytePlus rounded the field, the submission would look like a task of others.
 */
async function pickFrom(
  { items, isWhole }: List,
  submission: LostSubmission,
): Promise<Result<Submitted | Missing>> {
  const similar = items.filter((task) => isPossible(task, submission))
  const held = await submission.heldAmong(idsOf(similar))
  const candidates = similar.filter(({ id }) => !held.has(id))
  const certain = candidates.filter((task) => isCertain(task, submission))
  const [only] = certain
  if (only !== undefined && certain.length === 1) return ok({ providerTaskId: only.id })
  if (candidates.length > 0) return undecided('lists tasks that may be it')
  if (!isWhole && !reachesBack(items, submission)) return undecided('lists too many tasks')
  const before = items.filter((task) => createdAtMs(task) <= submission.intendedAt).slice(0, maxOlderTasks)
  const ours = await submission.heldAmong(idsOf(before))
  const isEchoed = before.some(
    ({ id, execution_expires_after: expiry }) => ours.has(id) && isFingerprint(expiry ?? 0),
  )
  return ok(isEchoed ? 'unlisted' : 'not_found')
}

/** As many ids as one statement of the database can look for. */
const maxOlderTasks = 90

function idsOf(tasks: readonly ArkTask[]): string[] {
  return tasks.map(({ id }) => id)
}

/** Whether the page is in its documented order, the newest first, and ends before the submission. */
function reachesBack(items: ArkTask[], submission: LostSubmission): boolean {
  const times = items.map(createdAtMs)
  const isInOrder = times.every((time, at) => at === 0 || time <= (times[at - 1] ?? Number.NaN))
  return isInOrder && isOlder(times.at(-1) ?? Number.NaN, submission)
}

/**
 * Whether nothing that the task reports excludes it. With our fingerprint no time does: the clocks may differ by more than is
 * expected. One with the default expiry may be ours, if BytePlus ignores the field.
 */
function isPossible(task: ArkTask, submission: LostSubmission): boolean {
  const { execution_expires_after: expiry } = task
  const { clientReference, request } = submission
  if (expiry === expiryOf(clientReference, request)) return true
  return !isOlder(createdAtMs(task), submission) && (expiry == null || expiry === defaultExpiry)
}

/** Whether it has our fingerprint, and nothing else that it reports is of another request. */
function isCertain(task: ArkTask, submission: LostSubmission): boolean {
  const { clientReference, request } = submission
  const { resolution, generate_audio } = task
  if (task.execution_expires_after !== expiryOf(clientReference, request)) return false
  if (task.created_at == null || isOlder(createdAtMs(task), submission)) return false
  return (
    (resolution ?? request.resolution).toLowerCase() === request.resolution &&
    (generate_audio ?? request.generate_audio) === request.generate_audio
  )
}

/** NaN: unreadable. */
function createdAtMs({ created_at }: ArkTask): number {
  return (created_at ?? Number.NaN) * 1_000
}

function undecided(reason: string) {
  return fail('answer_lost', `It is unknown whether the task was accepted: ${title} ${reason}.`)
}

interface List {
  items: ArkTask[]
  /** No other page has tasks. */
  isWhole: boolean
}

function readList(response: ProviderResponse, nowMs: number): Result<List> {
  const failure = failureOf(title, response, refusalOf(response, nowMs))
  if (failure !== null) return failure
  const list = listSchema.safeParse(response.body)
  if (!list.success) {
    const { status } = response
    return fail('unreadable_answer', `${title} returned no list of tasks.`, { evidence: { status } })
  }
  const { items, total } = list.data
  // A short page alone proves nothing: BytePlus may send fewer than were asked for.
  return ok({ items, isWhole: total != null && total <= items.length })
}

// An unreadable task might be ours, so it makes the whole list unreadable.
const listSchema = z.object({ items: z.array(taskSchema), total: lenient(z.number()) })
