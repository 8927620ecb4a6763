/** The receiving Worker of `src/recipes`, in the Workers runtime, with the real deliveries and videos of Reelhook. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { build } from 'rolldown'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { createClient } from '../../src/dev/local/client.ts'
import { listen } from '../support/listen.ts'
import { allPassed, createKey, markedPrompt, receiverTest, url } from './support.ts'

const root = new URL('../../', import.meta.url).pathname
const recipe = `${root}src/recipes/hono-worker/`

let key: Awaited<ReturnType<typeof createKey>>
let receiver: Miniflare
let hook: string

beforeAll(async () => {
  key = await createKey()
  receiver = new Miniflare(convertV4MiniflareOptions(await options({ REELHOOK_SECRET: key.callback_secret })))
  hook = `${(await receiver.ready).origin}/hooks/reelhook`
  const db = await receiver.getD1Database('DB')
  await db.exec(await readFile(`${recipe}migrations/0001_handled.sql`, 'utf8'))
})
afterAll(() => receiver?.dispose())

it('copies each video of a job once, and refuses what is not signed', async () => {
  const forged = await fetch(hook, { method: 'POST', body: '{"type":"job.succeeded"}' })
  expect(forged.status).toBe(401)
  const client = createClient(url, key.key)
  const request = { model: 'seedance-2.0-mini', prompt: markedPrompt(), resolution: '480p', count: 2 }
  const { id } = await client.postJob({ ...request, callback_url: hook })
  const until = { timeout: 60_000, interval: 100 }
  await expect.poll(handled, until).toHaveLength(1)

  const { outputs } = await client.job(id)
  const copied = await stored()
  expect(Object.keys(copied)).toEqual([`${id}/0.mp4`, `${id}/1.mp4`])
  expect(outputs.map(({ n, bytes }) => [`${id}/${n}.mp4`, bytes])).toEqual(
    Object.entries(copied).map(([name, { size }]) => [name, size]),
  )

  const [delivery] = (await (await client.get(`/v1/deliveries?job_id=${id}`)).json()).data
  await client.post(`/v1/deliveries/${delivery.id}/redeliver`, {})
  const attempts = async () =>
    (await (await client.get(`/v1/deliveries?job_id=${id}`)).json()).data[0].attempts.map(
      ({ status }: { status: number }) => status,
    )
  await expect.poll(attempts, until).toEqual([204, 204])
  // A job that ends later is handled later, so the repeated delivery has been handled by then.
  const next = await client.postJob({ ...request, count: 1, prompt: markedPrompt(), callback_url: hook })
  await expect.poll(handled, until).toHaveLength(2)
  expect(Object.keys(await stored()).filter((name) => name.startsWith(next.id))).toHaveLength(1)
  for (const [name, { uploaded }] of Object.entries(copied)) {
    expect((await stored())[name]?.uploaded).toEqual(uploaded)
  }
})

it('passes the test of receivers', async () => {
  expect(await receiverTest(key, hook)).toEqual(allPassed)
})

it('gives each video the extension and the type of its file', async () => {
  const video = await readFile(`${root}src/dashboard/public/static/simulator.mp4`)
  const sha256 = createHash('sha256').update(video).digest('hex')
  const host = await listen(async () => new Response(video))
  onTestFinished(() => host.close())
  const types = ['video/mp4', 'video/quicktime', 'video/webm']
  const outputs = types.map((content_type, n) => ({ n, url: host.url, sha256, content_type }))
  const id = `job_${crypto.randomUUID()}`
  const body = JSON.stringify({ type: 'job.succeeded', data: { id, outputs } })
  const now = new Date()
  const headers = {
    'webhook-id': `evt_${id}`,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(key.callback_secret).sign(`evt_${id}`, now, body),
  }
  expect((await fetch(hook, { method: 'POST', headers, body })).status).toBe(204)
  const names = [`${id}/0.mp4`, `${id}/1.mov`, `${id}/2.webm`]
  await expect
    .poll(async () => Object.keys(await stored()).filter((name) => name.startsWith(id)))
    .toEqual(names)
  const bucket = await receiver.getR2Bucket('VIDEOS')
  const heads = await Promise.all(names.map((name) => bucket.head(name)))
  expect(heads.map((head) => head?.httpMetadata?.contentType)).toEqual(types)
  await expect.poll(handled).toContainEqual({ id: `evt_${id}` })
})

async function handled(): Promise<unknown[]> {
  const db = await receiver.getD1Database('DB')
  return (await db.prepare('SELECT id FROM handled').all()).results
}

async function stored() {
  const bucket = await receiver.getR2Bucket('VIDEOS')
  const { objects } = await bucket.list()
  return Object.fromEntries(objects.map(({ key: name, size, uploaded }) => [name, { size, uploaded }]))
}

/** The settings are those of its wrangler.toml. */
async function options(variables: Record<string, string>) {
  const {
    output: [bundle],
  } = await build({
    input: `${recipe}worker.ts`,
    write: false,
  })
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${recipe}wrangler.toml`)
  const { modulesRules: _, ...bindings } = workerOptions
  return {
    ...bindings,
    name: 'receiver',
    modules: [{ type: 'ESModule' as const, path: 'worker.js', contents: bundle.code }],
    bindings: variables,
    host: '127.0.0.1',
    port: 0,
    log: new Log(LogLevel.ERROR),
  }
}
