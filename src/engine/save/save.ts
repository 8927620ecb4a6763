/**
 * save: store one output in R2, then read its header, a step each; after the last output, settle. Storing an output
 * again is harmless: its key is made of the job and the output's number.
 */
import type { Context } from '../../context.ts'
import { copyWaitMs } from '../../core/schedule/waits.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { FailedOutput, Output, StoredOutput, WaitingOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { Heartbeat } from '../heartbeat.ts'
import { settle } from '../settle/settle.ts'
import { copyOutput } from './copy-output.ts'
import { fetchWaitMs } from './fetch-output.ts'
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
export function isUnread(output: Output): output is StoredOutput {
  return output.status === 'stored' && output.metadataReadAt === null
}

export interface NextOutput {
  output: WaitingOutput
  task: Task | undefined
  waitMs: number
}

/** The output with the fewest attempts: one whose source keeps failing does not delay the others. */
export function nextOutput(
  { tasks, outputs }: Pick<Claim, 'tasks' | 'outputs'>,
  nowMs: number,
): NextOutput | null {
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
  const result = await copyOutput(context, { job: claim.job, onProgress }, output, task)
  switch (result.status) {
    case 'stored':
      // Its header is another step: one that ends the step by its demand for memory costs the metadata only.
      return { ...changes({ outputs: [result] }), status: 'storing', next: 'now' }
    case 'failed': {
      const failed = changes({ outputs: [result], events: [failedEvent(result, context.now())] })
      const { outputs } = applyChanges(claim, failed)
      const isLast = !outputs.some(({ status }) => status === 'waiting')
      return isLast ? settle(context, claim, failed) : { ...failed, status: 'storing', next: 'now' }
    }
    case 'waiting': {
      const waitMs = waitAfter(claim, result)
      return {
        ...changes({ outputs: [result] }),
        status: 'storing',
        next: waitMs === 0 ? 'now' : { waitMs },
      }
    }
  }
}

/** After an attempt that failed: the wait before the next copy of any output. */
export function waitAfter({ outputs }: Pick<Claim, 'outputs'>, { n, attempts }: WaitingOutput): number {
  const isOtherNext = outputs.some(
    (other) => other.status === 'waiting' && other.n !== n && other.attempts < attempts,
  )
  return isOtherNext ? 0 : (copyWaitMs(attempts) ?? 0)
}

export function failedEvent({ n, fault, attempts }: FailedOutput, nowMs: number) {
  return draftEvent('output.failed', { n, fault: fault.code, message: fault.message, attempts }, nowMs)
}
