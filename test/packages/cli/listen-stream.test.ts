/** `reelhook listen` where no delivery reaches this machine: it follows the event stream. */
import { createServer, request as httpRequest, type ServerResponse } from 'node:http'
import { afterEach, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/dev/local/client.ts'
import { createKey, markedPrompt, url } from '../support.ts'
import { startListening } from './command.ts'
import { startApplication } from './local-application.ts'

/** A slow machine takes long. */
const patience = 60_000
const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()))
})

async function prepare({ scopes = ['jobs:read', 'jobs:write'] }: { scopes?: string[] } = {}) {
  const { key: apiKey, callback_secret } = await createKey({
    project: `listen-${crypto.randomUUID()}`,
    scopes,
  })
  const client = createClient(url, apiKey)
  const postJob = (fields: Record<string, unknown> = {}) =>
    client.postJob({ model: 'seedance-2.0-fast', prompt: markedPrompt(), duration: 5, ...fields })
  return { apiKey, callbackSecret: callback_secret, postJob }
}

function listening({ apiKey, baseUrl = url }: { apiKey: string; baseUrl?: string }, ...args: string[]) {
  const run = startListening(args, { apiKey, baseUrl })
  endings.push(run.stop)
  return run
}

async function application(...answer: Parameters<typeof startApplication>) {
  const app = await startApplication(...answer)
  endings.push(() => app.close())
  return app
}

it('signs the bodies that deliveries have, and tries again what the application refuses', async () => {
  const { apiKey, callbackSecret, postJob } = await prepare()
  const receiver = await application()
  receiver.trust(callbackSecret)
  const app = await application((n) => ({ status: n === 0 ? 503 : 200, body: n === 0 ? 'starting' : 'ok' }))
  const run = listening({ apiKey }, '--forward', `${app.url}/hooks`)
  const ready = await run.line('ready')
  app.trust(ready.secret)
  expect(ready).toMatchObject({
    via: 'events',
    reason: 'This API key does not have the scope deliveries',
    endpoint_id: null,
  })

  const job = await postJob({ callback_url: receiver.url })
  expect(await run.line('answer')).toMatchObject({
    attempt: 1,
    status: 503,
    body: 'starting',
    retry_in_ms: 1_000,
  })
  expect(await run.line('answer', 2)).toMatchObject({ attempt: 2, status: 200, retry_in_ms: null })
  const [delivered] = await vi.waitFor(() => {
    expect(receiver.received).toHaveLength(1)
    return receiver.received
  }, patience)
  const expected = {
    id: delivered?.id,
    type: 'job.succeeded',
    jobId: job.id,
    path: '/hooks',
    body: delivered?.body,
  }
  expect(app.received).toEqual([expected, expected])
  expect(run.linesOf('event')).toHaveLength(1)

  expect(await run.stop()).toBe(0)
  expect(run.lines.at(-1)).toEqual({ type: 'stopped', endpoint_id: null, error: null })
})

it('misses nothing and repeats nothing when the stream breaks', async () => {
  const { apiKey, postJob } = await prepare()
  const proxy = await startBreakingProxy()
  const app = await application()
  const run = listening({ apiKey, baseUrl: proxy.url }, '--via', 'events', '--forward', app.url)
  app.trust((await run.line('ready')).secret)
  const before = await postJob()
  await run.line('answer')

  proxy.breakOff()
  await run.line('interrupted')
  const during = await postJob()
  await vi.waitFor(async () => expect(await statusOf(apiKey, during.id)).toBe('succeeded'), patience)
  proxy.mend()
  await run.line('resumed')
  await run.line('answer', 2)
  const after = await postJob()
  await run.line('answer', 3)
  expect(app.received.map(({ jobId }) => jobId)).toEqual([before.id, during.id, after.id])
})

it('leaves out the types that the stream does not have, and says so', async () => {
  const { apiKey, postJob } = await prepare()
  const run = listening({ apiKey }, '--events', 'job.generating,job.erased')
  expect(await run.line('left_out')).toMatchObject({ event_types: ['job.erased'] })
  expect(await run.line('ready')).toMatchObject({ event_types: ['job.generating'] })
  const job = await postJob()
  expect(await run.line('event')).toMatchObject({ event: { type: 'job.generating', data: { id: job.id } } })
})

it('asks for no endpoint at a deployment that cannot reach this machine', async () => {
  const { apiKey } = await prepare({ scopes: ['jobs:read', 'jobs:write', 'deliveries'] })
  const proxy = await startBreakingProxy()
  // No name of this machine, like the address of a deployment elsewhere.
  const host = `0.0.0.0:${proxy.port}`
  const run = listening({ apiKey, baseUrl: `http://${host}` })
  expect(await run.line('ready')).toMatchObject({
    via: 'events',
    reason: `${host} cannot reach this machine without a --public-url`,
  })
})

async function statusOf(apiKey: string, id: string): Promise<string> {
  return (await createClient(url, apiKey).job(id)).status
}

/** A proxy that passes on bytes as they come. Broken off, it closes all connections and accepts no request. */
async function startBreakingProxy() {
  let isBroken = false
  const open = new Set<ServerResponse>()
  const server = createServer((incoming, response) => {
    if (isBroken) {
      incoming.destroy()
      return
    }
    open.add(response.once('close', () => open.delete(response)))
    const { method, headers } = incoming
    const passed = httpRequest(`${url}${incoming.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    response.once('close', () => passed.destroy())
    incoming.pipe(passed.on('error', () => response.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  endings.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    breakOff() {
      isBroken = true
      for (const response of open) response.destroy()
    },
    mend() {
      isBroken = false
    },
  }
}
