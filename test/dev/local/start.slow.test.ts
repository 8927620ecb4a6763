/** `npm start` as a developer runs it, in a copy of the repository: deliveries are printed, changes take effect, it stops. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { smokeTest } from '../../../src/dev/deploy/smoke-test.ts'
import { type Client, createClient } from '../../../src/dev/local/client.ts'
import { freePort } from '../../../src/dev/local/worker.ts'

const repository = new URL('../../../', import.meta.url).pathname
const copy = mkdtempSync(`${realpathSync(tmpdir())}/reelhook-start-`)
/** A slow machine needs a minute to start the Worker. */
const timeout = 120_000
const until = { timeout, interval: 100 }

let port: number
let child: ChildProcess
let ended: Promise<unknown[]>
let output = ''
let client: Client

beforeAll(async () => {
  for (const name of ['src', 'wrangler.toml', 'package.json', 'tsconfig.json']) {
    cpSync(`${repository}${name}`, `${copy}/${name}`, { recursive: true })
  }
  symlinkSync(`${repository}node_modules`, `${copy}/node_modules`)
  writeFileSync(`${copy}/.dev.vars`, 'ADMIN_API_KEY=\nSIGNING_SECRET=\nRUNWARE_API_KEY=\n')
  port = await freePort()
  child = spawn(process.execPath, ['src/dev/local/start.ts', '--examples'], {
    cwd: copy,
    env: { ...process.env, PORT: String(port), NO_COLOR: '1' },
    // As in a terminal, the signal of Ctrl-C goes to the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.once('exit', killAll)
  ended = once(child, 'exit')
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += stripVTControlCharacters(text)
    })
  }
  await vi.waitFor(() => expect(output).toContain('Ctrl-C to stop'), until)
  client = createClient(`http://127.0.0.1:${port}`, /rh_\w+/.exec(output)?.[0] ?? '')
}, timeout)

afterAll(async () => {
  killAll()
  await ended
  process.off('exit', killAll)
  rmSync(copy, { recursive: true, force: true })
})

function killAll() {
  if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
}

/** What is printed from now on. */
function fromNow(): () => string {
  const start = output.length
  return () => output.slice(start)
}

/** Posts the printed request. */
async function postPrinted(): Promise<string> {
  const [, url = '', authorization = '', body = ''] =
    /curl (\S+)[\s\S]*?Authorization: ([^']+)'[\s\S]*?-d '([^']+)'/.exec(output) ?? []
  const headers = { authorization, 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body })
  return (await response.json()).id
}

async function example(title: string) {
  const { data } = await (
    await client.get(`/v1/jobs?${new URLSearchParams({ 'metadata[example]': title })}`)
  ).json()
  return data[0]
}

const serverHeader = async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).headers.get('x-change')

describe('npm start', () => {
  // Deployed Workers are tested so: over HTTP, with a webhook from the Worker to itself, and a static file as the video.
  it('runs a Worker that passes the smoke test of a deployment', async () => {
    const { adminApiKey } = JSON.parse(readFileSync(`${copy}/.wrangler/state-${port}/secrets.json`, 'utf8'))
    expect(
      await smokeTest({ url: `http://127.0.0.1:${port}`, adminApiKey, fetch, print: () => undefined }),
    ).toBeNull()
  })

  it('prints the verified delivery of the printed request, once, with a link that plays', async () => {
    const id = await postPrinted()
    const delivery = new RegExp(
      `← job.succeeded  ${id}\n    signature verified, .* s after the post\n    video 0: (.*)`,
    )
    await expect.poll(() => output, until).toMatch(delivery)
    const [, link = ''] = delivery.exec(output) ?? []
    expect((await fetch(link)).headers.get('content-type')).toBe('video/mp4')
    expect(output.split(`← job.succeeded  ${id}`)).toHaveLength(2)
  })

  it('posts examples that end as their titles say, and fills the other pages', {
    timeout: 3 * timeout,
  }, async () => {
    await expect.poll(async () => (await example('succeeds')).status, until).toBe('succeeded')
    await expect.poll(async () => (await example('four outputs')).outputs.length, until).toBe(4)
    const refused = async () => (await example('refused by the moderation')).fault?.code
    await expect.poll(refused, until).toBe('moderated')
    const moved = 'fails over to another provider'
    await expect.poll(async () => (await example(moved)).status, until).toBe('succeeded')
    const { id } = await example('callback fails once')
    const firstAnswer = async () =>
      (await (await client.get(`/v1/deliveries?job_id=${id}`)).json()).data.flatMap(
        ({ attempts }: { attempts: { status: number }[] }) => attempts.map(({ status }) => status),
      )
    await expect.poll(firstAnswer, until).toContain(500)
    expect(output).not.toContain('NOT VERIFIED')
    expect((await (await client.get('/v1/endpoints')).json()).data).toHaveLength(1)
  })

  it('keeps the running code when the new code has a fault, and shows where', { timeout }, async () => {
    const printed = fromNow()
    appendFileSync(`${copy}/src/log.ts`, '\nconst fault = = 1\n')
    await expect.poll(printed, until).toContain('The previous Worker continues.')
    expect(printed()).toMatch(/src\/log\.ts:\d+:\d+/)
    expect(await serverHeader()).toBe(null)
  })

  it('runs changed code, and finishes the job that was running', { timeout: 3 * timeout }, async () => {
    const running = await client.postJob({
      model: 'seedance-2.0-mini',
      provider: 'crun',
      prompt: 'A slow boat sim(seconds=15)',
    })
    await expect.poll(async () => (await client.job(running.id)).tasks.length, until).toBe(1)
    cpSync(`${repository}src/log.ts`, `${copy}/src/log.ts`)
    const index = `${copy}/src/worker.ts`
    const code = readFileSync(index, 'utf8')
    const changed = code.replace(
      'app.use(requestId())',
      "app.use((c, next) => (c.header('x-change', 'yes'), next()))\n$&",
    )
    writeFileSync(index, changed)
    await expect.poll(serverHeader, until).toBe('yes')
    await expect.poll(async () => (await client.job(running.id)).status, until).toBe('succeeded')
    expect((await client.job(running.id)).tasks).toHaveLength(1)
  })

  it('takes new settings, and names the faults of wrong ones at once', { timeout: 2 * timeout }, async () => {
    const printed = fromNow()
    writeFileSync(`${copy}/.dev.vars`, 'RUNWARE_KEY=1\nMAX_OUTPUT_BYTES=much\n')
    await expect
      .poll(printed, until)
      .toContain(
        'Fix these settings in .dev.vars:\n  RUNWARE_KEY is not a setting; the nearest is RUNWARE_API_KEY\n  MAX_OUTPUT_BYTES must be a whole number, 1 or more\nThe previous Worker continues.',
      )
    writeFileSync(`${copy}/.dev.vars`, 'SCENARIO_SDK_API_KEY=a\nSCENARIO_SDK_API_SECRET=b\n')
    await expect.poll(printed, until).toContain('Real providers, which cost money: scenario.')
  })

  it('stops at Ctrl-C, and leaves no process and no port behind', async () => {
    const group = -(child.pid ?? 0)
    process.kill(group, 'SIGINT')
    expect(await ended).toEqual([0, null])
    await expect.poll(() => isRunning(group), until).toBe(false)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
