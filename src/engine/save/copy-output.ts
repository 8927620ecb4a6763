/** One attempt to store an output: it is stored then, or failed, or it waits for the next attempt. */
import type { Context } from '../../context.ts'
import { isRetryable } from '../../core/fault.ts'
import { copyWaitMs } from '../../core/schedule/waits.ts'
import { noMetadata } from '../../core/video-metadata.ts'
import type { Output, WaitingOutput } from '../../store/jobs/outputs.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { type FetchedOutput, fetchOutput } from './fetch-output.ts'

export async function copyOutput(
  context: Context,
  step: { job: { id: string }; onProgress: Heartbeat },
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Output> {
  const startedAt = context.now()
  const fetched = await fetchOutput(context, step, output, task)
  const { object, via } = fetched
  context.log('output.stored', {
    job_id: step.job.id,
    provider: task?.provider,
    output: output.n,
    attempt: output.attempts + 1,
    via,
    duration_ms: context.now() - startedAt,
    bytes: object.ok ? object.value.bytes : undefined,
    fault: object.ok ? undefined : object.fault.code,
  })
  return resultOf(output, fetched, context.now())
}

function resultOf(
  output: WaitingOutput,
  { object, via, sourceUrl, isUnconfirmed }: FetchedOutput,
  nowMs: number,
): Output {
  const attempts = output.attempts + 1
  const tried: WaitingOutput = { ...output, sourceUrl, isUnconfirmed, attempts }
  if (object.ok) {
    return {
      ...tried,
      ...object.value,
      status: 'stored',
      storedAt: nowMs,
      storedVia: via,
      metadata: noMetadata,
      metadataReadAt: null,
    }
  }
  const isOver = !isRetryable(object.fault.code) || copyWaitMs(attempts) === null
  return isOver ? { ...tried, status: 'failed', fault: object.fault } : tried
}
