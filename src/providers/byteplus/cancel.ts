/**
 * Canceling a task that waits. A DELETE cancels a task only while it is queued; of an ended one it erases the record, and the
 * link to its video with it. So the status is read before, and it alone confirms.
 */
import { fail, ok, type Result } from '../../core/fault.ts'
import type { CancelOutcome } from '../cancels.ts'
import type { ProviderResponse } from '../http.ts'
import { title } from './errors.ts'
import type { ArkTask } from './task.ts'

export interface CancelCalls {
  getTask(): Promise<Result<ArkTask>>
  deleteTask(): Promise<Result<ProviderResponse>>
}

export async function cancelTask({ getTask, deleteTask }: CancelCalls): Promise<Result<CancelOutcome>> {
  const before = await getTask()
  if (!before.ok || stageOf(before.value) !== 'requested') return outcomeOf(before)
  // Whatever it answers: a task that has begun since is refused, and one that was canceled is confirmed by its status.
  await deleteTask()
  return outcomeOf(await getTask())
}

function outcomeOf(task: Result<ArkTask>): Result<CancelOutcome> {
  if (!task.ok) return task
  const stage = stageOf(task.value)
  return stage === null
    ? fail('unreadable_answer', `${title} shows a status that is not documented.`)
    : ok(stage)
}

/** Null: an undocumented status. A queued task is one whose cancellation has to be asked for, or is not confirmed yet. */
function stageOf({ status }: ArkTask): CancelOutcome | null {
  switch (status.toLowerCase()) {
    case 'queued':
      return 'requested'
    case 'cancelled':
      return 'canceled'
    case 'succeeded':
    case 'failed':
    case 'expired':
      return 'ended'
    case 'running':
      return 'running'
    default:
      return null
  }
}
