/** Slow hosts. The test controls the timers; only the streams run in real time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { anAnswer, aVideo, type Copying, copyFrom, expectNothingLeft } from './a-copy.ts'

const seconds = 1_000
const minutes = 60 * seconds

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Sends the video in chunks, with a pause after each, until all is sent or the client disconnects. */
function aDrip({ signal }: Request, video: Uint8Array, pieceBytes: number, pauseMs: number): Response {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  signal.addEventListener('abort', () => {
    writer.abort(signal.reason).catch(() => undefined)
  })
  const send = async () => {
    for (let at = 0; at < video.length; at += pieceBytes) {
      await writer.write(video.subarray(at, at + pieceBytes))
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    await writer.close()
  }
  // A client that disconnects makes the writes fail, which is expected.
  send().catch(() => undefined)
  return anAnswer(readable)
}

/** Advances the timers until the download has ended. */
async function ended(copying: Promise<Copying>): Promise<{ copying: Copying; passedMs: number }> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  copying.then(over, over)
  let passedMs = 0
  while (!isOver) {
    await vi.advanceTimersByTimeAsync(1 * seconds)
    passedMs += 1 * seconds
    // Written bytes pass through the streams in real time.
    await scheduler.wait(1)
  }
  return { copying: await copying, passedMs }
}

const lengths = (video: Uint8Array): [string, Record<string, string>][] => [
  ['with a length', { 'content-length': String(video.length) }],
  ['without a length', {}],
]

describe('a download from a slow host', () => {
  const video = aVideo(6 * 1024 * 1024)

  it.each(lengths(video))('completes as long as bytes keep arriving, %s', async (_, headers) => {
    const drip = (request: Request) =>
      new Response(aDrip(request, video, 512 * 1024, 20 * seconds).body, { headers })
    const { copying, passedMs } = await ended(copyFrom(drip))
    expect(copying.result).toMatchObject({ ok: true, value: { bytes: video.length } })
    expect(passedMs).toBeGreaterThan(3 * minutes)
  })
})

describe('a download is aborted and leaves nothing', () => {
  it('if the host does not respond for 30 seconds', async () => {
    const silent = ({ signal }: Request) =>
      new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const { copying, passedMs } = await ended(copyFrom(silent))
    await expectNothingLeft(copying, 'media_unavailable')
    expect(passedMs).toBeLessThanOrEqual(31 * seconds)
  })

  const large = aVideo(12 * 1024 * 1024)

  it.each(lengths(large))('if no bytes arrive for 30 seconds, %s', async (_, headers) => {
    const stall = (request: Request) =>
      new Response(aDrip(request, large, 11 * 1024 * 1024, 60 * minutes).body, { headers })
    const { copying, passedMs } = await ended(copyFrom(stall))
    await expectNothingLeft(copying, 'media_truncated')
    expect(passedMs).toBeLessThanOrEqual(32 * seconds)
  })

  it.each(lengths(large))('if it takes longer than 12 minutes, %s', async (_, headers) => {
    const drip = (request: Request) =>
      new Response(aDrip(request, large, 256 * 1024, 25 * seconds).body, { headers })
    const { copying, passedMs } = await ended(copyFrom(drip))
    await expectNothingLeft(copying, 'media_unavailable')
    expect(copying.result).toMatchObject({ fault: { message: expect.stringMatching(/12 minutes/) } })
    expect(passedMs).toBeLessThanOrEqual(12 * minutes + 2 * seconds)
  })

  it('if it takes longer than what other downloads of the step have left', async () => {
    const drip = (request: Request) => aDrip(request, large, 256 * 1024, 25 * seconds)
    const { copying, passedMs } = await ended(copyFrom(drip, { timeLeftMs: () => 1 * minutes }))
    await expectNothingLeft(copying, 'media_unavailable')
    expect(passedMs).toBeLessThanOrEqual(1 * minutes + 2 * seconds)
  })
})
