/** `npm run deploy` with the installed wrangler, against the pretended Cloudflare API. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import { apiToken, permissions } from '../../support/platform/cloudflare-account.ts'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'

/** Wrangler takes ten to thirty seconds on a slow machine. */
const timeout = 240_000

const values = {
  PUBLIC_BASE_URL: 'https://reelhook.example.com',
  SIGNING_SECRET: `$HOME/\${PATH} ${'s'.repeat(32)}`,
  ADMIN_API_KEY: 'a # "quoted"\nsecond line \\n \\\\',
  RUNWARE_API_KEY: 'clé-鍵-🔑',
  CRUN_API_KEY: 'the key of the file',
}

/** A developer's shell: all of these name another value than the file, or a setting that the file leaves blank. */
const shell = {
  ALLOW_PRIVATE_NETWORK: 'true',
  RUNWARE_BASE_URL: 'http://127.0.0.1:8788/runware/v1',
  CRUN_API_KEY: 'the key of the shell',
}

const config = unstable_readConfig({ config: 'wrangler.toml' })

let api: CloudflareApi
let folder: string

beforeAll(async () => {
  api = await startCloudflareApi()
  folder = mkdtempSync(join(tmpdir(), 'deploy-test-'))
  for (const name of ['home', 'temporary']) mkdirSync(join(folder, name))
  for (const name of ['src', 'node_modules', 'wrangler.toml', 'package.json']) {
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
    const { exitCode, output } = await deploy(['--location', 'weur'])
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('Deployed reelhook'),
    })
    expect(Object.fromEntries(account.secrets ?? [])).toEqual(values)
    expect(account.databases.get('reelhook')?.location).toBe('weur')
    expect(account.crons).toEqual(config.triggers.crons)
    expect(account.staticFiles).toContain('/static/base.css')
    expect([...account.queues.keys()].toSorted()).toEqual(resourcesIn(config).queues.toSorted())
    expect([...account.queues.values()].map(({ consumers }) => consumers.length)).toEqual(
      [...account.queues].map(() => 1),
    )
    expect(new Set(account.calls.map(({ permission }) => permission))).toEqual(
      new Set([...permissions, null]),
    )
    expect(leftovers()).toEqual([])
  })

  it('can be repeated, and deletes the settings that left the file', async () => {
    const { account } = api
    account.calls.length = 0
    const { RUNWARE_API_KEY: _, ...others } = values
    writeSettings({ ...others, CRUN_API_KEY: '' })
    const { exitCode, output } = await deploy()
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    const { CRUN_API_KEY: __, ...kept } = others
    expect(Object.fromEntries(account.secrets ?? [])).toEqual(kept)
    expect(output).toContain('Deleted from the Worker: CRUN_API_KEY, RUNWARE_API_KEY')
    expect(output).not.toContain('Created: ')
    expect(leftovers()).toEqual([])
  })

  it('with --shards 2 has two databases, and keeps them without the option', async () => {
    const account = api.reset()
    writeSettings(values)
    const databasesOf = () =>
      account.uploads
        .at(-1)
        ?.metadata.bindings.map(({ name }) => name)
        .filter((name) => /^DB(_\d)?$/.test(name))
        .toSorted()
    for (const words of [['--shards', '2'], []]) {
      const { exitCode, output } = await deploy(words)
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
      expect(databasesOf()).toEqual(['DB', 'DB_1'])
      expect(account.staticFiles).toContain('/static/base.css')
    }
    expect([...account.databases.keys()]).toEqual(['reelhook', 'reelhook-1'])
    const refused = await deploy(['--shards', '1'])
    expect(refused.output).toContain('The Worker has 2 databases')
    expect(readdirSync(folder)).not.toContain('wrangler.shards.toml')
    expect(leftovers()).toEqual([])
  })

  it('stops at a failed migration, before the Worker is uploaded', async () => {
    const account = api.reset()
    writeSettings(values)
    account.failing = { request: /POST .*\/query$/, status: 400, code: 7500, message: 'no such table: jobs' }
    const { exitCode, output } = await deploy()
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
    const { exitCode } = await deploy([], (interrupt) => {
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
    const { exitCode, output } = await deploy([], () => undefined, {})
    expect(exitCode).toBe(1)
    expect(output).toBe('Wrangler is not logged in: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.\n')
  })
})

function writeSettings(settings: Record<string, string>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'`)
  writeFileSync(join(folder, '.env.production'), lines.join('\n'))
}

/** Starts the deployment as a shell does, in a process group of its own. `started` gets what Ctrl-C does. */
async function deploy(
  words: string[] = [],
  started: (interrupt: () => void) => void = () => undefined,
  login: Record<string, string> = { CLOUDFLARE_API_TOKEN: apiToken },
): Promise<{ exitCode: number | null; output: string }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [resolve('src/dev/deploy/deploy.ts'), ...words], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      HOME: join(folder, 'home'),
      XDG_CONFIG_HOME: join(folder, 'home'),
      TMPDIR: join(folder, 'temporary'),
      NODE_NO_WARNINGS: '1',
      CLOUDFLARE_API_BASE_URL: api.baseUrl,
      ...login,
      ...shell,
    },
  })
  const { pid } = child
  if (pid === undefined) throw new Error('The deployment did not start.')
  started(() => process.kill(-pid, 'SIGINT'))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { exitCode, output: stdout + stderr }
}

function leftovers(): string[] {
  return readdirSync(join(folder, 'temporary')).filter((name) => name.startsWith('reelhook-'))
}

function modeOf(leftover: string): number {
  return statSync(join(folder, 'temporary', leftover, 'settings.json')).mode & 0o777
}
