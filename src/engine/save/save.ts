/**
 * save: store one output in R2, then read its header, a step each; after the last output, settle. Storing an output
 * again is harmless: its key is made of the job and the output's number.
 */
import type { Context } from '../../context.ts'
import { isRetryable } from '../../core/fault.ts'
import { copyWaitMs } from '../../core/schedule-waits.ts'
import { noMetadata } from '../../core/video-metadata.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { Output, StoredOutput, WaitingOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { settle } from '../settle/settle.ts'
import { type FetchedOutput, fetchOutput, fetchWaitMs } from './fetch-output.ts'
import { readMetadata } from './read-metadata.ts'

/** `keepLease` is awaited whenever bytes of a copy arrive. */
export async function save(context: Context, claim: Claim, keepLease: Heartbeat): Promise<Step> {
  const unread = claim.outputs.find(isUnread)
  if (unread !== undefined) return readMetadata(context, claim, unread)
  const next = nextOutput(claim, context.now())
  if (next === null) return settle(context, claim, changes())
  if (next.waitMs > 0) return { ...changes(), status: 'storing', next: { waitMs: next.waitMs } }
  return store(context, claim, next, keepLease)
}

/** Whether the next step copies a video, which may take minutes. */
export function isCopyNext({ job, outputs }: Claim): boolean {
  const isWaiting = outputs.some(({ status }) => status === 'waiting')
  return job.status === 'storing' && isWaiting && !outputs.some(isUnread)
}

/** Its bytes are in R2, and its header has not been read yet. */
function isUnread(output: Output): output is StoredOutput {
  return output.status === 'stored' && output.metadataReadAt === null
}

interface NextOutput {
  output: WaitingOutput
  task: Task | undefined
  waitMs: number
}

/** The output with the fewest attempts: one whose source keeps failing does not delay the others. */
function nextOutput({ tasks, outputs }: Claim, nowMs: number): NextOutput | null {
  const waiting = outputs
    .filter((output) => output.status === 'waiting')
    .map((output) => {
      const task = tasks.find(({ n }) => n === output.taskN)
      return { output, task, waitMs: fetchWaitMs(task, nowMs) }
    })
  const [next] = waiting.sort((a, b) => a.output.attempts - b.output.attempts || a.waitMs - b.waitMs)
  return next ?? null
}

async function store(
  context: Context,
  claim: Claim,
  { output, task }: NextOutput,
  onProgress: Heartbeat,
): Promise<Step> {
  const startedAt = context.now()
  const fetched = await fetchOutput(context, { job: claim.job, onProgress }, output, task)
  const { object, via } = fetched
  context.log('output.stored', {
    job_id: claim.job.id,
    provider: task?.provider,
    output: output.n,
    attempt: output.attempts + 1,
    via,
    duration_ms: context.now() - startedAt,
    bytes: object.ok ? object.value.bytes : undefined,
    fault: object.ok ? undefined : object.fault.code,
  })
  const result = resultOf(output, fetched, context.now())
  switch (result.status) {
    case 'stored':
      // Its header is another step: one that ends the step by its demand for memory costs the metadata only.
      return { ...changes({ outputs: [result] }), status: 'storing', next: 'now' }
    case 'failed': {
      const data = { n: result.n, fault: result.fault.code, message: result.fault.message }
      const failed = changes({
        outputs: [result],
        events: [draftEvent('output.failed', data, context.now())],
      })
      const { outputs } = applyChanges(claim, failed)
      const isLast = !outputs.some(({ status }) => status === 'waiting')
      return isLast ? settle(context, claim, failed) : { ...failed, status: 'storing', next: 'now' }
    }
    case 'waiting': {
      const isOtherNext = claim.outputs.some(
        (other) => other.status === 'waiting' && other.n !== result.n && other.attempts < result.attempts,
      )
      const waitMs = copyWaitMs(result.attempts) ?? 0
      return {
        ...changes({ outputs: [result] }),
        status: 'storing',
        next: isOtherNext ? 'now' : { waitMs },
      }
    }
  }
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
