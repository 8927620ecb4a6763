/** Waiting for a job. */
import { ReelhookError, responseOf } from './errors.ts'
import { type Frame, followFrames } from './frames.ts'
import type { Job } from './schemas.ts'
import { patientRetry, type Transport } from './transport.ts'

export interface WaitOptions {
  /** Milliseconds. After them `wait` throws a `ReelhookError` with the code `timed_out`; the job continues. Default: no limit. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Called with the job at first, at each change that is seen, and at its end. */
  onChange?: ((job: Job) => void) | undefined
}

/** A response that does not come within this time is lost. It is longer than the API waits for its database. */
export const requestTimeoutMs = 60_000

const waitSeconds = 60

export async function waitForEnd(
  { api, streams }: Transport,
  id: string,
  options: WaitOptions,
): Promise<Job> {
  const { onChange, timeoutMs, signal } = options
  const limit = limitTime(timeoutMs, signal)
  try {
    if (onChange !== undefined) return await lastOf(watchJob({ api, streams }, id, limit.signal), onChange)
    for (;;) {
      const query = { wait: waitSeconds }
      const init = {
        signal: limit.signal,
        retry: patientRetry,
        timeout: requestTimeoutMs + waitSeconds * 1_000,
      }
      const job = await responseOf(api.getJob({ path: { id }, query }, init))
      if (job.settled_at !== null) return job
    }
  } finally {
    limit.clear()
  }
}

/** Each state of the job that is seen, until it has ended. */
export async function* watchJob(
  { api, streams }: Pick<Transport, 'api' | 'streams'>,
  id: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Job, undefined> {
  const init = { ...(signal && { signal }), retry: patientRetry }
  const open = (lastEventId: string | undefined) =>
    streams.listJobEvents({ path: { id }, headers: lastId(lastEventId) }, { ...init, ...asStream })
  let shown = ''
  for await (const frames of followFrames({ open, signal })) {
    // The stream has entries of the timeline. Those that come together are one change of the job.
    if (frames.length > 0 && !frames.some(isNews)) continue
    const job = await responseOf(api.getJob({ path: { id } }, { ...init, timeout: requestTimeoutMs }))
    const version = versionOf(job)
    if (version !== shown) yield job
    shown = version
    if (job.settled_at !== null) return
  }
}

export const asStream = { parseAs: 'stream', headers: { Accept: 'text/event-stream' } } as const

export function lastId(id: string | undefined) {
  return id === undefined ? {} : { 'last-event-id': id }
}

function isNews({ type, comment }: Frame): boolean {
  return type !== null || (comment?.startsWith('progress') ?? false)
}

/** Each response has new links. */
function versionOf(job: Job): string {
  return JSON.stringify({
    ...job,
    outputs: job.outputs.map((output) => ({ ...output, url: '', url_expires_at: '' })),
  })
}

async function lastOf(jobs: AsyncIterable<Job>, onChange: (job: Job) => void): Promise<Job> {
  let last: Job | undefined
  for await (const job of jobs) {
    last = job
    onChange(job)
  }
  if (last === undefined)
    throw new ReelhookError({ code: 'unexpected_response', detail: 'The job has no state.' })
  return last
}

/** A signal that is aborted with that of the caller, or when the time is over. */
function limitTime(timeoutMs: number | undefined, signal: AbortSignal | undefined) {
  const limit = new AbortController()
  const follow = () => limit.abort(signal?.reason)
  const stop = () => {
    const detail = `The job has not ended after ${(timeoutMs ?? 0) / 1_000} s. It continues: wait for it again.`
    limit.abort(new ReelhookError({ code: 'timed_out', detail }))
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs)
  if (signal?.aborted) follow()
  signal?.addEventListener('abort', follow)
  const clear = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
  }
  return { signal: limit.signal, clear }
}
