/** A sender that stalls. Timers are fake, streams are real. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aVideo, expectClosed, watched } from '../media/a-copy.ts'
import { fetchWith } from '../support/runtime.ts'
import { objectKeys, select } from '../support/storage.ts'
import { anAwaitingJob, receivedOf, uploadPathOf } from '../support/uploads.ts'
import { publicBaseUrl } from '../support/world.ts'

const seconds = 1_000
const pieceBytes = 512 * 1024

afterEach(() => {
  vi.useRealTimers()
})

/** Uploads the video piece by piece with a pause after each, and lets time pass until there is a response. */
async function putSlowly(id: string, video: Uint8Array, pauses: number[], headers: Record<string, string>) {
  const path = await uploadPathOf(id)
  const uploads: R2MultipartUpload[] = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const send = async () => {
    for (let at = 0; at < video.length; at += pieceBytes) {
      await writer.write(video.subarray(at, at + pieceBytes))
      await new Promise((resolve) => setTimeout(resolve, pauses.shift() ?? 0))
    }
    await writer.close()
  }
  // A reader that stops in the middle makes the writer fail, which is expected.
  send().catch(() => undefined)
  const request = new Request(`${publicBaseUrl}${path}`, { method: 'PUT', headers, body: readable })
  let response: Response | undefined
  const answer = fetchWith({ BUCKET: watched(env.BUCKET, uploads) }, request).then((answered) => {
    response = answered
  })
  let passedMs = 0
  while (response === undefined) {
    await vi.advanceTimersByTimeAsync(1 * seconds)
    passedMs += 1 * seconds
    // The streams need real time to pass on the bytes.
    await scheduler.wait(1)
  }
  await answer
  vi.useRealTimers()
  return { status: response.status, passedMs, uploads }
}

const lengths = (bytes: number): [string, Record<string, string>][] => [
  ['with a length', { 'content-length': `${bytes}` }],
  ['without a length', {}],
]

describe('an upload that stalls', () => {
  for (const bytes of [2 * 1024 * 1024, 12 * 1024 * 1024]) {
    it.each(lengths(bytes))(
      `is aborted after 30 seconds, and leaves nothing: ${bytes} bytes %s`,
      async (_, headers) => {
        const id = await anAwaitingJob()
        const pauses = [...Array.from({ length: bytes / pieceBytes - 2 }, () => 0), 3_600 * seconds]
        const { status, passedMs, uploads } = await putSlowly(id, aVideo(bytes), pauses, headers)
        expect(status).toBe(408)
        expect(passedMs).toBeLessThanOrEqual(40 * seconds)
        expect(receivedOf(id)).toEqual(['media_unavailable'])
        expect(await objectKeys(`jobs/${id}/`)).toEqual([])
        expect(await select('SELECT received_video FROM tasks WHERE job_id = ?', id)).toEqual([
          { received_video: null },
        ])
        for (const upload of uploads) await expectClosed(upload)
      },
    )
  }

  it.each(lengths(2 * 1024 * 1024))('is accepted if no pause is that long: %s', async (_, headers) => {
    const id = await anAwaitingJob()
    const pauses = Array.from({ length: 4 }, () => 25 * seconds)
    const { status, passedMs } = await putSlowly(id, aVideo(2 * 1024 * 1024), pauses, headers)
    expect(status).toBe(200)
    expect(passedMs).toBeGreaterThan(75 * seconds)
  })
})
