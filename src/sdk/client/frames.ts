/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import { ReelhookError, unreachable } from './errors.ts'

/** An event, or a comment, which may have an id too. */
export interface Frame {
  type: string | null
  id: string | null
  data: string | null
  comment: string | null
  retryMs: number | null
}

interface FollowOptions {
  /** Throws a `ReelhookError` if it fails. Without a body the stream has nothing more. */
  open: (lastEventId: string | undefined) => Promise<ReadableStream<Uint8Array> | null | undefined>
  /**
   * Called when the stream breaks or cannot be opened, for the nth time without a frame between. It throws to give up. By
   * default a stream that cannot be opened, or breaks ten times, is given up.
   */
  onBreak?: (error: unknown, n: number) => void
  lastEventId?: string | undefined
  signal?: AbortSignal | undefined
}

/** Reelhook sends a comment every 15 seconds. */
const maxSilenceMs = 45_000
const maxFailuresInARow = 10

/**
 * The frames of a stream, those of one read together. A stream that ends or breaks is opened again after the last id, for
 * ever: the caller knows when it is complete. An empty list means that it was opened again, or has nothing more.
 */
export async function* followFrames(options: FollowOptions): AsyncGenerator<Frame[]> {
  const { open, onBreak = giveUpInTime, lastEventId, signal } = options
  let lastId = lastEventId
  let retryMs = 2_000
  let failures = 0
  for (let opened = 0; ; opened += 1) {
    try {
      const body = await open(lastId)
      if (opened > 0 || !body) yield []
      for await (const frames of body ? readFrames(body) : []) {
        for (const { id, retryMs: asked } of frames) {
          lastId = id ?? lastId
          retryMs = asked ?? retryMs
        }
        if (frames.some(({ type, comment }) => type !== null || comment !== null)) failures = 0
        yield frames
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      failures += 1
      onBreak(error, failures)
    }
    await pause(Math.min(retryMs * 2 ** Math.max(0, failures - 1), 30_000), signal)
  }
}

function giveUpInTime(error: unknown, n: number): void {
  if (error instanceof ReelhookError) throw error
  if (n > maxFailuresInARow) throw unreachable('', error)
}

/** Leaving the loop cancels the body. */
async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame[]> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read())
      if (done) return
      const parts = (text + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/)
      text = parts.pop() ?? ''
      if (parts.length > 0) yield parts.map(parseFrame)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function parseFrame(text: string): Frame {
  const fields = new Map<string, string[]>()
  for (const line of text.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
  const retry = Number(fields.get('retry')?.at(-1))
  return {
    type: fields.get('event')?.at(-1) ?? null,
    id: fields.get('id')?.at(-1) ?? null,
    data: fields.get('data')?.join('\n') ?? null,
    comment: fields.get('')?.join('\n') ?? null,
    retryMs: Number.isInteger(retry) ? retry : null,
  }
}

/** A connection can be gone without a sign, after a laptop slept for example. */
async function withinSilence<T>(read: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the stream was silent')), maxSilenceMs)
  })
  try {
    return await Promise.race([read, silence])
  } finally {
    clearTimeout(timer)
  }
}

/** Rejects with the reason of the signal when that is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason ?? new ReelhookError({ code: 'timed_out', detail: 'Aborted.' }))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
  })
}
