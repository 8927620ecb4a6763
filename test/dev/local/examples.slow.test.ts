/** The example jobs of `npm start`, on the local runtime: each ends as its title says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CallbackServer, startCallbackServer } from '../../../src/dev/local/callback-server.ts'
import { type Client, createClient } from '../../../src/dev/local/client.ts'
import { postExamples } from '../../../src/dev/local/examples.ts'
import { openStage, type Stage } from '../../../src/dev/local/stage.ts'

const folder = mkdtempSync(`${tmpdir()}/reelhook-examples-`)
/** A slow machine needs a minute to start the Worker. */
const timeout = 120_000

let stage: Stage
let client: Client
let callbacks: CallbackServer

beforeAll(async () => {
  stage = await openStage({ folder, port: 0, onLog: () => undefined })
  const admin = createClient(stage.worker.url, stage.adminApiKey)
  const made = await admin.post('/v1/api-keys', { name: 'examples' })
  const { key, callback_secret } = made as { key: string; callback_secret: string }
  client = createClient(stage.worker.url, key)
  callbacks = await startCallbackServer(callback_secret)
}, 2 * timeout)

afterAll(async () => {
  await callbacks?.close()
  await stage?.close()
  rmSync(folder, { recursive: true, force: true })
})

it(
  'each example ends as its title says, and its callback is verified',
  async () => {
    const posted = await postExamples(client, callbacks)
    const job = (title: string) =>
      client.job(posted.find(({ metadata }) => metadata.example === title)?.id ?? '')
    const until = { timeout, interval: 250 }
    // Its progress comes after half of its ninety seconds.
    await expect.poll(async () => (await job('slow, with progress')).status, until).toBe('generating')
    await expect.poll(async () => (await job('succeeds')).status, until).toBe('succeeded')
    await expect.poll(async () => (await job('four outputs')).outputs.length, until).toBe(4)
    await expect
      .poll(async () => (await job('refused by the moderation')).fault?.code, until)
      .toBe('moderated')
    const moved = 'fails over to another provider'
    await expect.poll(async () => (await job(moved)).status, until).toBe('succeeded')
    expect((await job(moved)).tasks.map(({ provider }) => provider)).toEqual(['crun', 'runware'])
    const { id } = await job('callback fails once')
    const firstAnswer = async () =>
      (await (await client.get(`/v1/deliveries?job_id=${id}`)).json()).data[0]?.attempts[0]?.status
    await expect.poll(firstAnswer, until).toBe(500)
    expect(callbacks.received.length).toBeGreaterThan(0)
    expect(callbacks.received.every(({ verified }) => verified)).toBe(true)
  },
  3 * timeout,
)
