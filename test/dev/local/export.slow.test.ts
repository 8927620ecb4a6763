/** An export over real HTTP, from the local runtime to a server in this process. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker } from '../../../src/dev/local/bundle.ts'
import { type LocalWorker, runWorker } from '../../../src/dev/local/runtime.ts'
import { anExportBucket } from '../../support/export-bucket.ts'

const bucket = anExportBucket({
  bucket: 'shop-videos',
  accessKeyId: 'the-access-key-id',
  secretAccessKey: 'the-secret-access-key',
  region: 'auto',
  now: () => Date.now(),
})
const stored = getRequestListener((request) => bucket.fetch(request), { overrideGlobalObjects: false })
let answer: (request: IncomingMessage, response: ServerResponse) => unknown = stored
const server = createServer((request, response) => void answer(request, response))
let worker: LocalWorker

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const folder = '.wrangler/export-test'
  const bundle = await bundleWorker(folder, new URL('../../support/put-entry.ts', import.meta.url).pathname)
  const variables = { TARGET: `http://127.0.0.1:${port}` }
  worker = await runWorker(bundle, { folder, port: 0, variables, onLog: () => undefined })
}, 60_000)

afterAll(async () => {
  await worker.stop()
  server.closeAllConnections()
  server.close()
})

async function put(bytes: number, to: typeof answer) {
  answer = to
  return (await fetch(`${worker.url}/?bytes=${bytes}`)).json()
}

const large = 30_000_000

describe('a copy over HTTP', () => {
  it.each([1, 1_000, large])(
    'of %i bytes has a Content-Length, a signature and a checksum',
    async (bytes) => {
      expect(await put(bytes, stored)).toMatchObject({ status: 200, error: null })
      const copy = bucket.copies.get('job/0.mp4')
      expect(copy?.bytes).toHaveLength(bytes)
      expect(copy).toMatchObject({ contentType: 'video/mp4', contentLength: String(bytes) })
    },
  )

  it.each([1_000, large])('of %i bytes ends when the bucket refuses it before it was sent', async (bytes) => {
    const refuse: typeof answer = (_, response) =>
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
    expect(await put(bytes, refuse)).toMatchObject({
      status: 403,
      error: 'the bucket answered 403 AccessDenied',
    })
  })

  it('ends when the connection breaks', async () => {
    const cut: typeof answer = (request) => request.once('data', () => request.socket.destroy())
    expect(await put(large, cut)).toMatchObject({
      status: null,
      error: 'the bucket did not answer: Error: Network connection lost.',
    })
  })

  it('ends after 30 seconds without progress', { timeout: 60_000 }, async () => {
    const hang: typeof answer = () => undefined
    expect(await put(large, hang)).toMatchObject({
      status: null,
      error: 'the bucket did not answer: Error: no bytes arrived for too long',
    })
  })
})
