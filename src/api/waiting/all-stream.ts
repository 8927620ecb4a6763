/** The events of all jobs that a key may see, as a stream. */
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import {
  heartbeatMs,
  lateCommitMs,
  maxResumePages,
  maxStatementsOfStream,
  streamLifetimeMs,
} from '../../core/schedule/watch.ts'
import type { FoundEvent, WaitingClient } from '../../store/reports/watch-memory.ts'
import { bodyFor } from '../hidden-urls.ts'
import type { ApiEnv } from '../router.ts'
import { type EventCursor, writeCursor } from './cursor.ts'
import { frameOf, heartbeatOf, type NextFrames } from './event-stream.ts'
import { intervalOf, lookAtFeed, seenUntil } from './feed.ts'
import { createKeyCheck } from './key-check.ts'
import { createLooks } from './looks.ts'
import { missedSince } from './resume.ts'

/** Null at the end. `from`: what the client had last; null: it begins now. */
export function followAll(
  c: HonoContext<ApiEnv>,
  client: WaitingClient,
  { isWanted, from }: { isWanted: (event: FoundEvent) => boolean; from: EventCursor | null },
  signal: AbortSignal,
): NextFrames {
  const context = c.get('context')
  const { feed } = context.watching
  const looks = createLooks(context, client, signal)
  const isKeyValid = createKeyCheck(c)
  const sent = new Map(from?.eventId == null ? [] : [[from.eventId, from.timeMs]])
  // All before this was sent. A database that fails, or is not followed, holds it back.
  let cursorMs = from?.timeMs ?? beginning(context)
  // How far this stream has read the feed. A stream with a cursor resumes first.
  let position = feed.lastSequence
  let epoch = from === null ? feed.epoch : -1
  let isFollowed = true
  let isUnderWay = false
  let statements = 0
  let sentAtMs = 0
  let ready = heartbeatOf(from === null ? writeCursor({ eventId: null, timeMs: cursorMs }) : undefined)

  const write = (events: readonly FoundEvent[]): string => {
    const unsent = events.filter((event) => !sent.has(event.id) && isWanted(event))
    for (const { id, at } of unsent) sent.set(id, at)
    return unsent
      .flatMap(({ id, type, at, body, apiKeyId }) => {
        const data = bodyFor(c.get('caller'), body, { ownerId: apiKeyId, format: 'reelhook' })
        return data === null
          ? []
          : frameOf({ id: writeCursor({ eventId: id, timeMs: Math.min(at, cursorMs) }), type, data })
      })
      .join('')
  }

  /** After an interruption, and after more events than the feed keeps. */
  const resume = async (): Promise<string> => {
    epoch = feed.epoch
    position = feed.lastSequence
    const [sinceMs, nowMs] = [cursorMs, context.now()]
    const missed = await missedSince(context, sinceMs, c.get('caller').project)
    statements += missed?.statements ?? context.databases.length * maxResumePages
    cursorMs = Math.max(sinceMs, nowMs)
    if (missed !== null) return write(missed.events)
    return gapFrame({ sinceMs, nowMs, cursorMs }, tooMuch)
  }

  const take = async (): Promise<string> => {
    const [oldest] = feed.events
    const isBehind = oldest !== undefined && position < oldest.sequence - 1
    if (epoch === -1) return resume()
    const seenMs = seenUntil(context)
    const wasFollowed = isFollowed
    isFollowed = seenMs !== null
    // Once it is followed again, the epoch is another one.
    if (isFollowed && (epoch !== feed.epoch || isBehind)) return resume()
    if (!isFollowed && wasFollowed)
      return gapFrame({ sinceMs: cursorMs, nowMs: context.now(), cursorMs }, tooManyUnsettled)
    const fresh = feed.events.filter(({ sequence }) => sequence > position)
    position = feed.lastSequence
    const text = write(fresh)
    cursorMs = Math.max(cursorMs, seenMs ?? 0)
    for (const [id, at] of sent) if (at < cursorMs - 2 * lateCommitMs) sent.delete(id)
    return text
  }

  return async () => {
    while (ready === '') {
      if (looks.elapsedMs() >= streamLifetimeMs || statements >= maxStatementsOfStream) return null
      // A resume does not wait for a look.
      if (epoch !== -1) {
        const isHere = await (isUnderWay ? looks.untilRead() : looks.next(intervalOf(feed)))
        if (!isHere || !(await isKeyValid(looks.elapsedMs()))) return null
        const look = await lookAtFeed(context)
        statements += look.statements
        isUnderWay = look.outcome === 'under_way'
      }
      ready = await take()
      const isSilent = looks.elapsedMs() - sentAtMs >= heartbeatMs
      if (ready === '' && isSilent) ready = heartbeatOf(writeCursor({ eventId: null, timeMs: cursorMs }))
    }
    const text = ready
    ready = ''
    sentAtMs = looks.elapsedMs()
    return text
  }
}

/** Where a stream without a cursor begins. A database may have failed for hours: its last look is no beginning. */
function beginning(context: Context): number {
  const [seenMs, nowMs] = [seenUntil(context), context.now()]
  return seenMs !== null && seenMs > nowMs - lateCommitMs ? seenMs : nowMs
}

const readInstead = 'Read the jobs with GET /v1/jobs, or the deliveries with GET /v1/deliveries.'
const tooMuch = `More has happened since then than this stream repeats. It continues with new events. ${readInstead}`
const tooManyUnsettled = `More jobs are unsettled than this stream follows. Events are missing until there are fewer. ${readInstead}`

interface Gap {
  sinceMs: number
  nowMs: number
  /** A stream that continues after the gap does so from here. */
  cursorMs: number
}

function gapFrame({ sinceMs, nowMs, cursorMs }: Gap, message: string): string {
  const data = {
    type: 'gap',
    timestamp: new Date(nowMs).toISOString(),
    data: { since: new Date(sinceMs).toISOString(), message },
  }
  return frameOf({
    id: writeCursor({ eventId: null, timeMs: cursorMs }),
    type: data.type,
    data: JSON.stringify(data),
  })
}
