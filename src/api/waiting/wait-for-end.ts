/** Waits until a job has ended. */
import type { Context } from '../../context.ts'
import { watchIntervalMs } from '../../core/schedule/watch.ts'
import type { WaitingClient } from '../../store/reports/watch-memory.ts'
import { leave } from './clients.ts'
import { lookAtJob } from './look-at-job.ts'
import { createLooks } from './looks.ts'

/** `unknown`: the database failed at the last look. `left`: there is no client to respond to. */
export type Waited = 'ended' | 'time_over' | 'unknown' | 'left'

export async function waitForEnd(
  context: Context,
  client: WaitingClient & { jobId: string },
  seconds: number,
  signal: AbortSignal,
): Promise<Waited> {
  const gone = () => leave(context, client)
  signal.addEventListener('abort', gone)
  try {
    return await lookUntilEnd(context, client, seconds * 1_000, signal)
  } finally {
    signal.removeEventListener('abort', gone)
    gone()
  }
}

async function lookUntilEnd(
  context: Context,
  client: WaitingClient & { jobId: string },
  limitMs: number,
  signal: AbortSignal,
): Promise<Waited> {
  const looks = createLooks(context, client, signal)
  let isUnderWay = false
  for (;;) {
    const restMs = limitMs - looks.elapsedMs()
    if (restMs <= 0) return context.watching.jobs.read.hasFailed ? 'unknown' : 'time_over'
    const intervalMs = watchIntervalMs(looks.elapsedMs())
    const isHere = await (isUnderWay ? looks.untilRead() : looks.next(intervalMs, restMs))
    if (!isHere) return 'left'
    const { job } = await lookAtJob(context, client.jobId, intervalMs)
    isUnderWay = job === 'under_way'
    if (job === undefined || job === 'under_way') continue
    if (job === 'gone' || job.isSettled) return 'ended'
  }
}
