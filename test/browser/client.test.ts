/** The published client in a page of another origin than Reelhook's: it opens links, and the API refuses it. */
import { rmSync } from 'node:fs'
import { build } from 'rolldown'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { openStage } from '../../src/dev/local/stage.ts'
import { listen } from '../support/listen.ts'
import { launchChromium } from './chromium.ts'

const folder = '.wrangler/browser-client'

/** Evaluated in the page. `url` of the deployment, and what the API shows of an output. */
const inPage = `async ({ url, apiKey, output }) => {
  const { createClient } = await import('/client.js')
  const reelhook = createClient({ baseUrl: url, apiKey })
  const codeOf = async (call) => call.then(() => 'ok', (error) => error.code)
  const file = await reelhook.download(output)
  const damaged = await reelhook.download({ ...output, sha256: '0'.repeat(64) })
  return {
    bytes: (await file.blob()).size,
    damaged: await codeOf(damaged.body.pipeTo(new WritableStream())),
    api: await codeOf(reelhook.create({ model: 'seedance-2.0-mini', prompt: 'A boat' })),
  }
}`

it('a page of another origin downloads by a link and checks the file, but cannot use a key', async () => {
  rmSync(folder, { recursive: true, force: true })
  const stage = await openStage({
    folder,
    port: 0,
    pace: { queuedMs: 100, runningMs: 100 },
    onLog: () => undefined,
  })
  onTestFinished(() => stage.close())
  const { output: bundle } = await build({
    input: 'src/sdk/client/index.ts',
    platform: 'neutral',
    write: false,
  })
  const pages = await listen(async (request) =>
    request.url.endsWith('/client.js')
      ? new Response(bundle[0].code, { headers: { 'content-type': 'text/javascript' } })
      : new Response('<!doctype html><title>Gallery</title>', { headers: { 'content-type': 'text/html' } }),
  )
  onTestFinished(pages.close)
  const browser = await launchChromium()
  onTestFinished(() => browser.close())

  const { url } = stage.worker
  const client = createClient(url, stage.adminApiKey)
  const { id } = await client.postJob({ model: 'seedance-2.0-mini', prompt: 'A boat', provider: 'runware' })
  const job = await vi.waitFor(
    async () => {
      const job = await client.job(id)
      expect(job.status).toBe('succeeded')
      return job
    },
    { timeout: 60_000, interval: 500 },
  )
  const [output] = job.outputs
  const page = await browser.newPage()
  await page.goto(pages.url)
  const seen = await page.evaluate(
    `(${inPage})(${JSON.stringify({ url, apiKey: stage.adminApiKey, output })})`,
  )
  expect(seen).toEqual({ bytes: output?.bytes, damaged: 'damaged_file', api: 'unreachable' })
})
