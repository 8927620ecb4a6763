/** Responses whose status has come, and whose body does not end. */
import { afterEach, expect, it, vi } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import { attemptPost } from '../../src/deliveries/attempt.ts'
import { callerUrl, world } from '../support/world.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** The body has these pieces, and then stalls; as in the runtime, it breaks when the attempt times out. */
async function attempt(status: number, pieces: Uint8Array[]) {
  const time = new AbortController()
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal)
  const fetch: Fetch = async ({ signal }, startTimers) => {
    startTimers()
    const start = (controller: ReadableStreamDefaultController) =>
      signal.addEventListener('abort', () => controller.error(signal.reason))
    const pull = (controller: ReadableStreamDefaultController) => {
      const piece = pieces.shift()
      return piece === undefined ? time.abort(new Error('timeout')) : controller.enqueue(piece)
    }
    return new Response(new ReadableStream({ start, pull }, { highWaterMark: 0 }), { status })
  }
  const post = { url: `${callerUrl}/hook`, body: '{}', signatureHeaders: {} }
  const attempted = await attemptPost({ fetch, now: world.edges.now, guard: async () => null }, post)
  expect(timeout).toHaveBeenCalledExactlyOnceWith(15_000)
  return attempted
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

it.each([
  [200, 'delivered'],
  [500, 'refused'],
])(
  'an answer of %i that drips for ever is %s when the time is up, and keeps what came',
  async (status, verdict) => {
    const pieces = [bytesOf('a word'), bytesOf(' and no end')]
    expect(await attempt(status, pieces)).toMatchObject({
      verdict,
      status,
      responseBody: 'a word and no end',
    })
  },
)

it('joins a character that came in two pieces, and drops one whose second piece never came', async () => {
  const pieces = [...bytesOf('a 水水')].slice(0, -1).map((byte) => Uint8Array.of(byte))
  expect(await attempt(502, pieces)).toMatchObject({ status: 502, responseBody: 'a 水' })
})
