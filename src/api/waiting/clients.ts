/** The waiting clients of this isolate: how many there may be, and when one counts as gone. */
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import {
  clientForgottenMs,
  maxStreams,
  maxStreamsPerKey,
  maxWaits,
  maxWaitsPerKey,
  tooManyRetrySeconds,
} from '../../core/schedule/watch.ts'
import type { WaitingClient } from '../../store/reports/watch-memory.ts'
import { type ProblemResponse, rateLimited } from '../problems.ts'
import type { ApiEnv } from '../router.ts'

type Watcher = Pick<Context, 'watching' | 'now'>

const limits = {
  wait: { perKey: maxWaitsPerKey, together: maxWaits },
  stream: { perKey: maxStreamsPerKey, together: maxStreams },
} as const

/** Null: too many wait already, of this key or together. */
export function enter<JobId extends string | null>(
  { watching: { clients }, now }: Watcher,
  { kind, keyId, jobId }: { kind: WaitingClient['kind']; keyId: string; jobId: JobId },
): (WaitingClient & { jobId: JobId }) | null {
  const nowMs = now()
  // The platform may end the request of a client that left without a word.
  for (const client of clients) if (client.lookedAt < nowMs - clientForgottenMs) clients.delete(client)
  const alike = [...clients].filter((client) => client.kind === kind)
  const ofKey = alike.filter((client) => client.keyId === keyId)
  const { perKey, together } = limits[kind]
  if (ofKey.length >= perKey || alike.length >= together) return null
  const client = { kind, keyId, jobId, lookedAt: nowMs }
  clients.add(client)
  return client
}

export function leave({ watching: { clients } }: Pick<Watcher, 'watching'>, client: WaitingClient): void {
  clients.delete(client)
}

export function tooManyWait(c: HonoContext<ApiEnv>, kind: WaitingClient['kind']): ProblemResponse {
  const { perKey, together } = limits[kind]
  const what = kind === 'wait' ? 'requests that wait' : 'event streams'
  return rateLimited(
    c,
    tooManyRetrySeconds,
    `There may be ${perKey} ${what} of one API key, and ${together} together, in each part of the deployment. Ask without waiting, or use a webhook.`,
  )
}
