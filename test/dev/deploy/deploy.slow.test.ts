/** `npm run deploy` with the installed wrangler, against the pretended Cloudflare API. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import { readWorkerConfig } from '../../../src/dev/deploy/worker-config.ts'
import { accountId, apiToken, permissions } from '../../support/platform/cloudflare-account.ts'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'
import { liveWorker } from '../../support/platform/cloudflare-live-worker.ts'

/** Wrangler takes ten to thirty seconds on a slow machine. */
const timeout = 240_000

const values = {
  SIGNING_SECRET: `$HOME/\${PATH} ${'s'.repeat(32)}`,
  ADMIN_API_KEY: 'a # "quoted"\nsecond line \\n \\\\',
  RUNWARE_API_KEY: 'clé-鍵-🔑',
  CRUN_API_KEY: 'the key of the file',
}
const url = 'https://reelhook.video-team.workers.dev'

/** A developer's shell: all of these name another value than the file, or a setting that the file leaves blank. */
const shell = {
  ALLOW_PRIVATE_NETWORK: 'true',
  RUNWARE_BASE_URL: 'http://127.0.0.1:8788/runware/v1',
  CRUN_API_KEY: 'the key of the shell',
}
const login = { CLOUDFLARE_API_TOKEN: apiToken }
const config = readWorkerConfig('.')
const deployScript = packageJson.scripts.deploy
  .split(' ')
  .map((word) => (word === 'node' ? process.execPath : word.endsWith('.ts') ? resolve(word) : word))

let api: CloudflareApi
let folder: string

beforeAll(async () => {
  api = await startCloudflareApi()
  folder = mkdtempSync(join(tmpdir(), 'deploy-test-'))
  for (const name of ['home', 'temporary', 'clone']) mkdirSync(join(folder, name))
  for (const name of ['src', 'node_modules', 'wrangler.toml', 'package.json', '.env.production.example']) {
    symlinkSync(resolve(name), join(folder, name))
  }
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await api.close()
})

describe('a deployment', { timeout }, () => {
  it('uploads the checked settings byte for byte, whatever the shell has', async () => {
    const account = api.reset()
    writeSettings(values)
    const { exitCode, output } = await run([...deployScript, '--location', 'weur'], login)
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining(`Reelhook runs at ${url}`),
    })
    expect(Object.fromEntries(account.secrets ?? [])).toEqual({ ...values, PUBLIC_BASE_URL: url })
    expect(account.databases.get('reelhook')?.location).toBe('weur')
    expect(account.crons).toEqual(['* * * * *'])
    expect(account.staticFiles).toContain('/static/base.css')
    expect(consumersOf()).toEqual(queuesOf('reelhook'))
    const used = new Set(account.calls.map(({ permission }) => permission))
    expect(used).toEqual(new Set([...permissions, null]))
    expect(leftovers()).toEqual([])
  })

  it('can be repeated, and deletes the settings that left the file', async () => {
    const { account } = api
    account.calls.length = 0
    const { RUNWARE_API_KEY: _, ...others } = values
    writeSettings({ ...others, CRUN_API_KEY: '' })
    const { exitCode, output } = await run(deployScript, login)
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    const { CRUN_API_KEY: __, ...kept } = others
    expect(Object.fromEntries(account.secrets ?? [])).toEqual({ ...kept, PUBLIC_BASE_URL: url })
    expect(output).toContain('Deleted 2 settings: CRUN_API_KEY, RUNWARE_API_KEY')
    expect(output).not.toContain('Created ')
    expect(leftovers()).toEqual([])
  })

  it('of an environment with --shards 2 has a Worker, databases and queues of its own', async () => {
    const account = api.reset()
    writeSettings(values, '.env.staging')
    const { exitCode, output } = await run([...deployScript, '--env', 'staging', '--shards', '2'], login)
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    const bindings = account.uploads.at(-1)?.metadata.bindings.map(({ name }) => name)
    expect(bindings).toEqual(expect.arrayContaining(['DB', 'DB_1']))
    expect([...account.databases.keys()]).toEqual(['reelhook-staging', 'reelhook-staging-1'])
    expect(consumersOf()).toEqual(queuesOf('reelhook-staging'))
    expect(account.staticFiles).toContain('/static/base.css')
    expect(readdirSync(folder)).not.toContain('wrangler.deploy.json')
    expect(leftovers()).toEqual([])
  })

  it('stops at a failed migration, before the Worker is uploaded', async () => {
    const account = api.reset()
    writeSettings(values)
    account.failing = { request: /POST .*\/query$/, status: 400, code: 7500, message: 'no such table: jobs' }
    const { exitCode, output } = await run(deployScript, login)
    expect(exitCode).toBe(1)
    expect(output).toContain('`wrangler d1 migrations apply` failed; its output is above.')
    expect(output).not.toMatch(/^\s+at /m)
    expect(account.uploads).toEqual([])
    expect(leftovers()).toEqual([])
  })

  it('keeps the settings in a file of its own user, and leaves none after Ctrl-C', async () => {
    const account = api.reset()
    writeSettings(values)
    const modes: number[] = []
    const { exitCode } = await run(deployScript, login, (interrupt) => {
      account.onCall = () => {
        if (account.databases.size === 0) return
        modes.push(...leftovers().map(modeOf))
        account.onCall = null
        interrupt()
      }
    })
    expect(exitCode).toBe(130)
    expect(modes).toEqual([0o600])
    expect(leftovers()).toEqual([])
    expect(account.uploads).toEqual([])
  })

  it('says in one sentence that wrangler is not logged in', async () => {
    writeSettings(values)
    const { exitCode, output } = await run(deployScript, {})
    expect(exitCode).toBe(1)
    expect(output).toBe('Wrangler is not logged in: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.\n')
  })
})

describe('the button "Deploy to Cloudflare"', { timeout }, () => {
  /** As Cloudflare does: a Worker that says hello and has the answers to the form, then the two scripts of package.json. */
  it('deploys a clone without a file of settings, and prints no secret', async () => {
    const account = api.reset()
    const form = { ADMIN_API_KEY: 'the-admin-key-of-the-form', RUNWARE_API_KEY: 'none' }
    account.secrets = new Map(Object.entries(form))
    const clone = cloneRepository()
    const build = { ...login, CLOUDFLARE_ACCOUNT_ID: accountId, CI: 'true', WORKERS_CI: '1' }
    const outputs: string[] = []
    for (const script of ['build', 'deploy']) {
      const { exitCode, output } = await run(['npm', 'run', script], build, () => undefined, clone)
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
      outputs.push(output)
    }
    const uploaded = Object.fromEntries(account.secrets)
    const SIGNING_SECRET = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(uploaded).toEqual({ ...form, PUBLIC_BASE_URL: url, SIGNING_SECRET })
    for (const secret of [uploaded.SIGNING_SECRET, form.ADMIN_API_KEY, apiToken]) {
      expect(outputs.join('')).not.toContain(secret)
    }
    expect(readdirSync(clone).filter((name) => /^\.env\.\w+$|wrangler\.deploy/.test(name))).toEqual([])
  })
})

function writeSettings(settings: Record<string, string>, file = '.env.production'): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'`)
  writeFileSync(join(folder, file), lines.join('\n'))
}

/** Without the files that git ignores. The packages are those that `npm ci` installs. */
function cloneRepository(): string {
  const clone = join(folder, 'clone')
  for (const name of ['src', 'package.json', 'wrangler.toml', 'tsconfig.json', '.npmrc']) {
    cpSync(name, join(clone, name), { recursive: true })
  }
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'))
  return clone
}

/** Starts a command as a shell does, in a process group of its own. `started` gets what Ctrl-C does. */
async function run(
  [command = '', ...words]: string[],
  environment: Record<string, string>,
  started: (interrupt: () => void) => void = () => undefined,
  cwd = folder,
): Promise<{ exitCode: number | null; output: string }> {
  const { PATH = '' } = process.env
  const child = spawn(command, words, {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      HOME: join(folder, 'home'),
      XDG_CONFIG_HOME: join(folder, 'home'),
      TMPDIR: join(folder, 'temporary'),
      NODE_NO_WARNINGS: '1',
      // Wrangler starts several times in a deployment.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      NODE_OPTIONS: liveWorker(folder),
      CLOUDFLARE_API_BASE_URL: api.baseUrl,
      ...shell,
      ...environment,
    },
  })
  const { pid } = child
  if (pid === undefined) throw new Error('The command did not start.')
  started(() => process.kill(-pid, 'SIGINT'))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { exitCode, output: stdout + stderr }
}

/** The queues that have one consumer. */
function consumersOf(): string[] {
  return [...api.account.queues]
    .flatMap(([name, { consumers }]) => (consumers.length === 1 ? name : []))
    .toSorted()
}

function queuesOf(worker: string): string[] {
  const names = resourcesIn(config).flatMap(({ kind, name }) => (kind === 'queue' ? name : []))
  return names.map((name) => name.replace('reelhook', worker)).toSorted()
}

function leftovers(): string[] {
  return readdirSync(join(folder, 'temporary')).filter((name) => name.startsWith('reelhook-'))
}

function modeOf(leftover: string): number {
  return statSync(join(folder, 'temporary', leftover, 'settings.json')).mode & 0o777
}
