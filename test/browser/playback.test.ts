/** Chromium plays a video through the cache in front of the Worker, from a page of another origin. */
import { rmSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { openStage, type Stage } from '../../src/dev/local/stage.ts'
import { launchChromium } from './chromium.ts'
import { type EdgeServer, startEdgeServer, startPageServer } from './edge-server.ts'

const folder = '.wrangler/browser'

let stage: Stage
let browser: Browser
let pages: Awaited<ReturnType<typeof startPageServer>>
let edge: EdgeServer
/** The path and query of the video's signed link. */
let link: string

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  stage = await openStage({
    folder,
    port: 0,
    pace: { queuedMs: 100, runningMs: 100 },
    onLog: () => undefined,
  })
  pages = await startPageServer()
  browser = await launchChromium()
  link = await makeVideo()
})

afterAll(async () => {
  await browser?.close()
  await pages?.close()
  await stage?.close()
})

beforeEach(async () => {
  edge = await startEdgeServer(stage.worker.url)
})

afterEach(() => edge.close())

async function makeVideo(): Promise<string> {
  const client = createClient(stage.worker.url, stage.adminApiKey)
  const { id } = await client.postJob({
    model: 'seedance-2.0-mini',
    provider: 'runware',
    resolution: '480p',
    prompt: 'A paper boat drifts down a rainy gutter',
  })
  const url = await vi.waitFor(
    async () => {
      const { status, outputs } = await client.job(id)
      const [output] = outputs
      if (status !== 'succeeded' || !output?.url) throw new Error(`the job is ${status}`)
      return output.url
    },
    { timeout: 120_000, interval: 100 },
  )
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}

/** A viewer with an empty browser cache plays the video, seeks to its middle, and plays it to the end. */
async function watch() {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(pages.url)
  const watched = await page.evaluate(async (src) => {
    const video = document.createElement('video')
    video.muted = true
    video.crossOrigin = 'anonymous'
    document.body.append(video)
    const until = (event: string) =>
      new Promise<void>((resolve, reject) => {
        video.addEventListener(event, () => resolve(), { once: true })
        video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true })
      })
    /** Waits until a frame of this time is shown. Frames from before a seek may still be shown first. */
    const untilFrame = (isExpected: (mediaTime: number) => boolean) =>
      new Promise<void>((resolve) => {
        const check: VideoFrameRequestCallback = (_, { mediaTime }) =>
          isExpected(mediaTime) ? resolve() : video.requestVideoFrameCallback(check)
        video.requestVideoFrameCallback(check)
      })
    video.src = src
    await video.play()
    while (video.currentTime === 0) await until('timeupdate')
    video.pause()
    const middle = video.duration / 2
    const shown = untilFrame((mediaTime) => Math.abs(mediaTime - middle) < 0.1)
    video.currentTime = middle
    await Promise.all([until('seeked'), shown])
    const soughtTo = video.currentTime
    const seekableTo = video.seekable.end(0)
    const ended = until('ended')
    await video.play()
    await ended
    return { soughtTo, seekableTo, endedAt: video.currentTime, duration: video.duration }
  }, `${edge.url}${link}`)
  await context.close()
  return watched
}

it('plays the video to its end, and seeks', async () => {
  const { soughtTo, seekableTo, endedAt, duration } = await watch()
  expect(duration).toBeGreaterThan(2)
  expect(seekableTo).toBe(duration)
  expect(soughtTo).toBe(duration / 2)
  expect(endedAt).toBe(duration)
  expect(edge.requests[0]).toEqual({ method: 'GET', range: 'bytes=0-', status: 200, cacheStatus: 'MISS' })
})

it('plays the video for every later viewer from the cache, without a request to the Worker', async () => {
  await watch()
  const first = edge.requests.length
  const { endedAt, duration } = await watch()
  expect(endedAt).toBe(duration)
  const later = edge.requests.slice(first)
  expect(later).toContainEqual({ method: 'GET', range: 'bytes=0-', status: 206, cacheStatus: 'HIT' })
  expect(later.map(({ cacheStatus }) => cacheStatus)).not.toContain('MISS')
  expect(edge.reached()).toBe(1)
})

it("answers Safari's first request for two bytes with two bytes, before and after the first play", async () => {
  for (const cacheStatus of ['MISS', 'HIT']) {
    const response = await fetch(`${edge.url}${link}`, { headers: { range: 'bytes=0-1' } })
    const { status, headers } = response
    expect([status, headers.get('content-length'), headers.get('cf-cache-status')]).toEqual([
      206,
      '2',
      cacheStatus,
    ])
    expect((await response.arrayBuffer()).byteLength).toBe(2)
    await watch()
  }
})
