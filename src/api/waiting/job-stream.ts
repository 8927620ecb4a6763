/** The timeline of one job as a stream: its entries so far, and each further one until the job has ended. */
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { isSettled } from '../../core/job/job.ts'
import type { Entry } from '../../core/job/made-entries.ts'
import { timelineOf } from '../../core/job/timeline.ts'
import {
  heartbeatMs,
  maxStatementsOfStream,
  streamLifetimeMs,
  watchIntervalMs,
} from '../../core/schedule/watch.ts'
import { describeError } from '../../log.ts'
import { timelineRowsOf } from '../../store/reports/timeline.ts'
import type { WaitingClient } from '../../store/reports/watch-memory.ts'
import { timelineFor } from '../hidden-urls.ts'
import type { ApiEnv } from '../router.ts'
import { frameOf, heartbeatOf, type NextFrames, progressOf } from './event-stream.ts'
import { createKeyCheck } from './key-check.ts'
import { lookAtJob } from './look-at-job.ts'
import { createLooks } from './looks.ts'

type Rows = NonNullable<Awaited<ReturnType<typeof timelineRowsOf>>>

interface Entries {
  /** The entries that the client does not have. */
  take(rows: Rows): string
  hasEnded(): boolean
}

const statementsOfTimeline = 6

/** Null at the end. */
export function followJob(
  c: HonoContext<ApiEnv>,
  client: WaitingClient & { jobId: string },
  { entries, first }: { entries: Entries; first: string },
  signal: AbortSignal,
): NextFrames {
  const context = c.get('context')
  const looks = createLooks(context, client, signal)
  const isKeyValid = createKeyCheck(c)
  let ready = first
  let version = ''
  let isUnderWay = false
  let statements = 0
  // Since then, measured in `elapsedMs`.
  let sentAtMs = 0
  let changedAtMs = 0

  const look = async (): Promise<string | null> => {
    const intervalMs = watchIntervalMs(looks.elapsedMs() - changedAtMs)
    const isHere = await (isUnderWay ? looks.untilRead() : looks.next(intervalMs))
    if (!isHere || !(await isKeyValid(looks.elapsedMs()))) return null
    const seen = await lookAtJob(context, client.jobId, intervalMs)
    statements += seen.statements
    isUnderWay = seen.job === 'under_way'
    if (seen.job === 'gone') return null
    if (seen.job === undefined || seen.job === 'under_way' || seen.job.version === version) return ''
    statements += statementsOfTimeline
    const rows = await readTimeline(context, client.jobId)
    if (rows === 'failed') return ''
    if (rows === null) return null
    version = seen.job.version
    changedAtMs = looks.elapsedMs()
    return entries.take(rows)
  }

  return async () => {
    while (ready === '') {
      const isOver = looks.elapsedMs() >= streamLifetimeMs || statements >= maxStatementsOfStream
      if (entries.hasEnded() || isOver) return null
      const text = await look()
      if (text === null) return null
      ready = text === '' && looks.elapsedMs() - sentAtMs >= heartbeatMs ? heartbeatOf() : text
    }
    const text = ready
    ready = ''
    sentAtMs = looks.elapsedMs()
    return text
  }
}

/** `lastId`: the entry that the client had last. One that the timeline does not have counts as none. */
export function entriesAfter(caller: Caller, lastId: string | undefined): Entries {
  const sent = new Set<string>()
  let resumeAfter = lastId
  let hasEnded = false
  let progress: number | null | undefined
  return {
    take(rows) {
      const timeline = timelineOf(rows)
      const last = timeline.findIndex(({ id }) => id === resumeAfter)
      for (const { id } of timeline.slice(0, last + 1)) sent.add(id)
      resumeAfter = undefined
      const unsent = timeline.filter(({ id }) => !sent.has(id))
      for (const { id } of unsent) sent.add(id)
      hasEnded = isSettled(rows.job.status)
      const before = progress
      progress = rows.job.progress
      const shown = timelineFor(caller, unsent.map(viewEntry), rows.job)
      const isChanged = before !== undefined && progress !== before
      if (shown.length === 0 && isChanged && progress !== null) return progressOf(progress)
      return shown.map((entry) => frameOf({ ...entry, data: JSON.stringify(entry) })).join('')
    },
    hasEnded: () => hasEnded,
  }
}

export function viewEntry({ createdAt, ...entry }: Entry) {
  return { ...entry, created_at: new Date(createdAt).toISOString() }
}

async function readTimeline({ dbOf, log }: Context, jobId: string): Promise<Rows | null | 'failed'> {
  try {
    return await timelineRowsOf(dbOf(jobId), jobId)
  } catch (error) {
    log('watch.failed', { job_id: jobId, error: describeError(error) })
    return 'failed'
  }
}
