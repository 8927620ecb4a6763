/** A person watches a job until it ends, plays and seeks its video, and sends its failed delivery again. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import type { Stage } from '../../src/dev/local/stage.ts'
import { listen } from '../support/listen.ts'

export async function watchAJob(page: Page, { worker: { url }, adminApiKey }: Stage): Promise<void> {
  const receiver = { status: 410, received: 0 }
  const hook = await listen(async () => {
    receiver.received += 1
    return new Response('no such boat', { status: receiver.status })
  })
  const { id } = await createClient(url, adminApiKey).postJob({
    model: 'seedance-2.0-mini',
    provider: 'runware',
    resolution: '480p',
    prompt: 'A paper boat drifts down a rainy gutter sim(seconds=6)',
    callback_url: `${hook.url}/hook`,
    callback_secret: `whsec_${btoa('a receiver keeps thirty-two byte')}`,
  })

  await page.goto(`${url}/sign-in?next=/jobs/${id}#key=${adminApiKey}`)
  await page.waitForURL(`${url}/jobs/${id}`)
  // A mark that a reload would remove.
  await page.evaluate(() => document.body.setAttribute('data-mark', ''))
  await page.getByText('The job as the API shows it').click()
  await page.getByText('runware is making the video.').waitFor({ timeout: 60_000 })
  await page.getByText('The video is ready.').waitFor({ timeout: 60_000 })
  const played = await play(page)
  expect(played.soughtTo).toBe(played.duration / 2)
  expect(played.seekableTo).toBe(played.duration)

  await page.locator('#deliveries .status.bad').waitFor({ timeout: 60_000 })
  expect(await page.locator('body[data-mark]').count()).toBe(1)
  expect(await page.locator('#job-json[open]').count()).toBe(1)
  // The page has changed around the player, which stays where it was.
  expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime)).toBe(
    played.soughtTo,
  )

  receiver.status = 200
  await page.getByRole('button', { name: 'Send again: job.succeeded' }).click()
  await page.getByText('The event is sent again now.').waitFor()
  await page.locator('#deliveries .status.good').waitFor({ timeout: 60_000 })
  expect(receiver.received).toBe(2)

  await hook.close()
}

/** Plays the video of the page for a moment, and seeks to its middle. */
function play(page: Page) {
  return page.locator('video').evaluate(async (video: HTMLVideoElement) => {
    const until = (event: string) =>
      new Promise<void>((resolve, reject) => {
        video.addEventListener(event, () => resolve(), { once: true })
        video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true })
      })
    video.muted = true
    await video.play()
    while (video.currentTime === 0) await until('timeupdate')
    video.pause()
    const sought = until('seeked')
    video.currentTime = video.duration / 2
    await sought
    return {
      soughtTo: video.currentTime,
      duration: video.duration,
      seekableTo: video.seekable.end(0),
    }
  })
}
