/** The recipes of `src/recipes`, run as a reader would run them, against the Worker and its signed deliveries. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { listen } from '../support/listen.ts'
import { allPassed, billsOf, createKey, markedPrompt, receiverTest, url } from './support.ts'

const recipes = new URL('../../src/recipes/', import.meta.url).pathname
const run = promisify(execFile)

let key: Awaited<ReturnType<typeof createKey>>
let folder: string

beforeAll(async () => {
  key = await createKey()
  folder = await mkdtemp(join(tmpdir(), 'reelhook-recipes-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('curl.sh', () => {
  it('creates one video, waits for it, and saves it with its hash checked', async () => {
    const prompt = markedPrompt()
    const { stdout } = await runScript('curl.sh', [prompt])
    const [file = ''] = await readdir(folder)
    expect(stdout).toBe(`${file}: OK\n`)
    expect((await readFile(join(folder, file))).subarray(4, 8).toString()).toBe('ftyp')
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('fails with the reason when the job fails', async () => {
    const failed = runScript('curl.sh', [markedPrompt('fail=moderated')])
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^job_\w+ failed: ./),
    })
  })
})

describe('verify-webhook.sh', () => {
  const verify = ([id, timestamp, signature]: string[], body: string) =>
    new Promise<{ code: number | null; text: string }>((resolve, reject) => {
      const child = spawn(`${recipes}verify-webhook.sh`, [id ?? '', timestamp ?? '', signature ?? ''], {
        env: { ...process.env, REELHOOK_SECRET: key.callback_secret },
      })
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
      child.once('error', reject).once('close', (code) => resolve({ code, text }))
      child.stdin.end(body)
    })

  it('accepts a true delivery, and refuses one that is changed, old or without a signature', async () => {
    const { headers, body } = await receiveDelivery()
    expect(await verify(headers, body)).toEqual({ code: 0, text: 'The signature is valid.\n' })
    const [id = '', timestamp = '', signature = ''] = headers
    const invalid = { code: 1, text: 'No signature is valid.\n' }
    expect(await verify(headers, `${body} `)).toEqual(invalid)
    expect(await verify([`${id}0`, timestamp, signature], body)).toEqual(invalid)
    expect(await verify([id, timestamp, ''], body)).toEqual(invalid)
    const old = { code: 1, text: 'The timestamp is more than five minutes away.\n' }
    expect(await verify([id, String(Number(timestamp) - 301), signature], body)).toEqual(old)
    expect(await verify([id, 'a[$(id)]', signature], body)).toEqual(old)
  })
})

describe('node-receiver.ts', () => {
  it('prints the video of a signed delivery once, and refuses what is not signed', async () => {
    const receiver = spawn(process.execPath, ['--no-warnings', `${recipes}node-receiver.ts`], {
      env: { ...process.env, REELHOOK_SECRET: key.callback_secret, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]()
      const port = /port: (\d+)/.exec(String((await lines.next()).value))?.[1]
      const hook = `http://127.0.0.1:${port}/`
      const forged = await fetch(hook, { method: 'POST', body: '{}' })
      expect(forged.status).toBe(401)
      const job = await createClient(url, key.key).postJob({ ...request(), callback_url: hook })
      expect((await lines.next()).value).toMatch(new RegExp(`^job\\.succeeded ${job.id} http`))
      const [again, next] = [await receiveDelivery(), await receiveDelivery()]
      for (const delivery of [again, again, next]) {
        expect((await send(hook, delivery)).status).toBe(204)
      }
      expect((await lines.next()).value).toContain(JSON.parse(again.body).data.id)
      expect((await lines.next()).value).toContain(JSON.parse(next.body).data.id)
      expect(await receiverTest(key, hook)).toEqual(allPassed)
      expect((await lines.next()).value).toMatch(/^callback\.test Reelhook tests/)
      expect((await send(hook, next)).status).toBe(204)
    } finally {
      receiver.kill()
      await once(receiver, 'exit')
    }
  })
})

function request() {
  return { model: 'seedance-2.0-mini', prompt: markedPrompt(), resolution: '480p' }
}

async function runScript(script: string, words: string[]) {
  const env = { ...process.env, REELHOOK_URL: url, REELHOOK_API_KEY: key.key }
  return run(`${recipes}${script}`, words, { cwd: folder, env })
}

interface Delivery {
  /** Id, timestamp and signature. */
  headers: string[]
  body: string
}

const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']

async function send(hook: string, { headers, body }: Delivery): Promise<Response> {
  return fetch(hook, {
    method: 'POST',
    headers: headers.map((value, n): [string, string] => [names[n] ?? '', value]),
    body,
  })
}

async function receiveDelivery(): Promise<Delivery> {
  const delivered = Promise.withResolvers<Delivery>()
  const server = await listen(async (received) => {
    const headers = names.map((name) => received.headers.get(name) ?? '')
    delivered.resolve({ headers, body: await received.text() })
    return new Response()
  })
  await createClient(url, key.key).postJob({ ...request(), callback_url: server.url })
  const delivery = await delivered.promise
  await server.close()
  return delivery
}
