/**
 * late check: whether the provider of a job that failed at its deadline has finished the video after all. Its videos are
 * stored and attached, and the job stays failed: paid work is not dropped because time ran out.
 *
 * The row in `late_checks` is claimed as a job's row is. The provider is asked first, then one video is copied, then its
 * header is read, each committed by itself: a crash repeats one of them. Further videos get a message each.
 */
import { type Context, tracedContext } from '../../context.ts'
import { fault } from '../../core/fault.ts'
import { lateWindowMs, settleGraceMs, soonMs } from '../../core/schedule/jobs.ts'
import { surpriseWaitMs } from '../../core/schedule/waits.ts'
import { describeError } from '../../log.ts'
import { deleteOrphans } from '../../media/delete.ts'
import { storedBy } from '../../store/jobs/commit.ts'
import type { Output } from '../../store/jobs/outputs.ts'
import { applyChanges, changes } from '../../store/jobs/step.ts'
import { isTaskTaken } from '../../store/jobs/tasks.ts'
import { claimLateCheck, type LateClaim, renewLateLease } from '../../store/late/claim.ts'
import { commitLate, type LateChanges, type LateNext } from '../../store/late/commit.ts'
import { isLeaseLost } from '../../store/lease.ts'
import { copyOutput } from '../save/copy-output.ts'
import { metadataOf } from '../save/read-metadata.ts'
import { failedEvent, isUnread, type NextOutput, nextOutput, waitAfter } from '../save/save.ts'
import { deleteUnused } from '../settle/late-result.ts'
import { type Asked, ask } from './ask.ts'

type LateStep = LateChanges & { next: LateNext }

/** The steps of one message. */
interface Round {
  claim: LateClaim
  asked: Asked | null
  hasCopied: boolean
}

export async function checkLate(untraced: Context, jobId: string): Promise<void> {
  const { dbOf, now } = untraced
  const claim = await claimLateCheck(dbOf(jobId), jobId, crypto.randomUUID(), now())
  if (claim === null) return
  const context = tracedContext(untraced, claim.job)
  const round: Round = { claim, asked: null, hasCopied: false }
  try {
    while ((await commit(context, round, await takeStep(context, round))) === 'now');
  } catch (error) {
    if (isLeaseLost(error)) return
    await afterError(context, round, error)
  }
}

async function takeStep(context: Context, round: Round): Promise<LateStep> {
  const { claim } = round
  // Before a check is given up: a stored output gets its event. After a takeover its header is not read.
  const unread = claim.outputs.filter(isUnread).find(({ isLate }) => isLate)
  if (unread !== undefined) return withNext(round, await metadataOf(context, claim, unread), context.now())
  if (claim.isTakenOver && isPatienceOver(claim, context.now())) return givenUp(claim, context.now())
  if (round.asked === null) {
    round.asked = await ask(context, claim, () => keepLease(context, round))
    return withNext(round, round.asked.learned, context.now())
  }
  const next = nextOutput(claim, context.now())
  if (next === null || next.waitMs > 0) return withNext(round, changes(), context.now())
  round.hasCopied = true
  return copy(context, round, next)
}

async function copy(context: Context, round: Round, { output, task }: NextOutput): Promise<LateStep> {
  const { claim } = round
  const onProgress = () => keepLease(context, round)
  const result = await copyOutput(context, { job: claim.job, onProgress }, output, task)
  const events = result.status === 'failed' ? [failedEvent(result, context.now())] : []
  const copied = changes({ outputs: [result], events })
  const retryMs = result.status === 'waiting' ? waitAfter(claim, result) : 0
  return withNext(round, copied, context.now(), retryMs)
}

async function keepLease({ dbOf, now }: Context, { claim }: Round): Promise<void> {
  claim.leasedUntil = await renewLateLease(dbOf(claim.job.id), claim, now())
}

/** The step with these changes and the next one. `retryMs`: how long the next copy waits. */
function withNext(
  { claim, asked, hasCopied }: Round,
  given: Omit<LateChanges, 'earlierEnds'> & Partial<LateChanges>,
  nowMs: number,
  retryMs = 0,
): LateStep {
  const step = { earlierEnds: [], ...given }
  const after = applyChanges(claim, step)
  if (asked === null || after.outputs.some((output) => isUnread(output) && output.isLate)) {
    return { ...step, next: 'now' }
  }
  const copyNext = nextOutput(after, nowMs)
  const copyMs = copyNext === null ? [] : [Math.max(copyNext.waitMs, retryMs)]
  if (copyMs.includes(0) && !hasCopied) return { ...step, next: 'now' }
  const askMs = asked.askAgainAt === null ? [] : [Math.max(0, asked.askAgainAt - nowMs)]
  const waits = [...copyMs, ...askMs]
  return { ...step, next: waits.length === 0 ? 'over' : { waitMs: Math.min(...waits) } }
}

async function commit(context: Context, round: Round, step: LateStep): Promise<LateNext> {
  const { dbOf, queues, now } = context
  const { claim } = round
  const { id } = claim.job
  try {
    const exports = context.config.exportTarget === null ? [] : storedBy(claim, step)
    const at = await commitLate(dbOf(id), claim, { ...step, exports }, now())
    const leasedUntil = at === 'over' ? claim.leasedUntil : at
    round.claim = { ...applyChanges(claim, step), leasedUntil, isTakenOver: false }
    await queues.deliveries(step.deliveries.map((delivery) => delivery.id))
    await queues.exports(exports, 0)
    if (at === 'over') await close(context, round.claim)
    else if (step.next !== 'now') await queues.late([id], at - now())
    return step.next
  } catch (error) {
    // Another job took the provider's task between this step's check and its commit.
    if (isTaskTaken(error)) return commit(context, round, withoutChanges(soonMs))
    if (isLeaseLost(error)) {
      for (const output of step.outputs)
        if (output.status === 'stored') await deleteUnused(context, id, output)
    }
    throw error
  }
}

/** Nothing more can come. After a crash here the daily reconciliation deletes the objects that are no output. */
async function close({ bucket, log, now }: Context, { job, outputs }: LateClaim): Promise<void> {
  const late = outputs.filter(({ status, isLate }) => isLate && status === 'stored').length
  log('late_check.closed', {
    job_id: job.id,
    provider: job.provider,
    outputs: late,
    after_ms: now() - job.settledAt,
  })
  await deleteOrphans(bucket, job, outputs)
}

/** An unexpected error may repeat: the check is tried again later, and given up some time after its end. */
async function afterError(context: Context, round: Round, error: unknown): Promise<void> {
  const { job } = round.claim
  context.log('late_check.failed', { job_id: job.id, provider: job.provider, error: describeError(error) })
  const nowMs = context.now()
  const isOver = isPatienceOver(round.claim, nowMs)
  const step = isOver ? givenUp(round.claim, nowMs) : withoutChanges(surpriseWaitMs(nowMs - job.settledAt))
  try {
    await commit(context, round, step)
  } catch (second) {
    // The step had committed, and the error came after its commit.
    if (!isLeaseLost(second)) throw second
  }
}

function isPatienceOver({ job }: LateClaim, nowMs: number): boolean {
  return nowMs >= job.settledAt + lateWindowMs + settleGraceMs
}

function withoutChanges(waitMs: number): LateStep {
  return { ...changes(), earlierEnds: [], next: { waitMs } }
}

/** No output of an ended check is waiting or unread. */
function givenUp({ outputs }: LateClaim, nowMs: number): LateStep {
  const why = fault('internal_error', 'Unexpected errors stopped the copy of this late output.')
  const closed = outputs.flatMap((output): Output[] => {
    if (output.status === 'waiting') return [{ ...output, status: 'failed', fault: why }]
    return isUnread(output) ? [{ ...output, metadataReadAt: nowMs }] : []
  })
  return { ...changes({ outputs: closed }), earlierEnds: [], next: 'over' }
}
