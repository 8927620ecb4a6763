/** Deployments to the pretended Cloudflare API. Wrangler is pretended too; deploy.slow.test.ts runs the real one. */
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { type Location, resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import { openCloudflare } from '../../../src/dev/deploy/cloudflare.ts'
import { deployWorker } from '../../../src/dev/deploy/deploy-worker.ts'
import type { Settings } from '../../../src/dev/deploy/settings-file.ts'
import type { WranglerResult } from '../../../src/dev/local/wrangler.ts'
import {
  accountId,
  apiToken,
  type Cloudflare,
  permissions,
} from '../../support/platform/cloudflare-account.ts'
import { type CloudflareApi, startCloudflareApi } from '../../support/platform/cloudflare-api.ts'
import { pretendedWrangler, succeeded } from '../../support/platform/cloudflare-wrangler.ts'

const config = unstable_readConfig({ config: 'wrangler.toml' })
const resources = resourcesIn(config)
const settings = { SIGNING_SECRET: 's'.repeat(32), CRUN_API_KEY: 'key' }
const settingsPath = `${tmpdir()}/reelhook-deploy-test-${process.pid}.json`
const dashboard = `https://dash.cloudflare.com/${accountId}`

let api: CloudflareApi
let account: Cloudflare
let printed: string[]
let commands: string[]

beforeAll(async () => {
  api = await startCloudflareApi()
})
afterAll(async () => {
  rmSync(settingsPath, { force: true })
  await api.close()
})
beforeEach(() => {
  account = api.reset()
  printed = []
  commands = []
})

describe('the first deployment', () => {
  it('creates every resource of wrangler.toml, applies the migrations and then deploys', async () => {
    expect(await deploy()).toBeNull()
    expect([...account.queues.keys()].toSorted()).toEqual(resources.queues.toSorted())
    expect([...account.databases.keys()]).toEqual(['reelhook'])
    expect([...account.buckets.keys()]).toEqual(['reelhook'])
    expect(commands).toEqual([
      'd1 migrations apply reelhook --remote',
      `deploy --secrets-file ${settingsPath}`,
    ])
    expect(printed.toSorted()).toEqual(
      [
        'Created: bucket reelhook',
        'Created: database reelhook',
        ...resources.queues.map((name) => `Created: queue ${name}`),
      ].toSorted(),
    )
  })

  it('creates the queues first, since only they may need the Paid plan', async () => {
    await deploy()
    const created = changes()
      .map(({ path }) => path)
      .slice(0, resources.queues.length)
    expect(new Set(created)).toEqual(new Set(['queues']))
  })

  it('places the database and the bucket where it is asked to', async () => {
    await deploy({ location: 'weur' })
    expect(account.databases.get('reelhook')?.location).toBe('weur')
    expect(account.buckets.get('reelhook')?.location).toBe('weur')
  })

  it('leaves the place to Cloudflare if it is not asked', async () => {
    await deploy()
    expect(account.databases.get('reelhook')?.location).toBeUndefined()
  })

  it('needs the four permissions of the README and no other', async () => {
    await deploy()
    expect(new Set(account.calls.map(({ permission }) => permission))).toEqual(new Set(permissions))
  })
})

describe('a repeated deployment', () => {
  it('creates nothing and keeps the rules of the bucket', async () => {
    await deploy()
    account.buckets.get('reelhook')?.rules.push({ id: 'rule of the owner' })
    account.calls.length = 0
    expect(await deploy()).toBeNull()
    expect(changes()).toEqual([])
    expect(account.buckets.get('reelhook')?.rules.map(({ id }) => id)).toEqual([
      'reelhook-abort-uploads-1d',
      'rule of the owner',
    ])
  })

  it('adds its rule to those of the owner', async () => {
    account.buckets.set('reelhook', { rules: [{ id: 'rule of the owner' }] })
    await deploy()
    expect(account.buckets.get('reelhook')?.rules.map(({ id }) => id)).toEqual([
      'rule of the owner',
      'reelhook-abort-uploads-1d',
    ])
  })

  it('creates what is missing, and says what it cannot move', async () => {
    account.buckets.set('reelhook', { rules: [] })
    account.queues.set('reelhook-jobs', { id: 'queue', consumers: [] })
    expect(await deploy({ location: 'apac' })).toBeNull()
    expect(printed).toContain('Created: database reelhook')
    expect(printed).toContain('Not moved to apac, since it exists: bucket reelhook')
  })

  it('deletes the settings that the file no longer has, and no other secret', async () => {
    await deploy()
    account.secrets?.set('SECRET_OF_THE_OWNER', 'value')
    await deploy({ settings: { SIGNING_SECRET: 'other' } })
    expect(Object.fromEntries(account.secrets ?? [])).toEqual({
      SIGNING_SECRET: 'other',
      SECRET_OF_THE_OWNER: 'value',
    })
    expect(printed).toContain('Deleted from the Worker: CRUN_API_KEY')
  })
})

describe('an account that cannot take the deployment', () => {
  it.each<{ reason: string; prepare: () => void; fault: string }>([
    {
      reason: 'without R2',
      prepare: () => {
        account.hasR2 = false
      },
      fault: `R2 is not switched on in this account: switch it on at ${dashboard}/r2/overview.`,
    },
    {
      reason: 'without a workers.dev subdomain',
      prepare: () => {
        account.subdomain = null
      },
      fault: `The account has no workers.dev subdomain: choose one at ${dashboard}/workers/onboarding.`,
    },
    {
      reason: 'whose token is not valid',
      prepare: () => account.tokens.clear(),
      fault:
        'Cloudflare refuses the login: run `npx wrangler login` again, or set CLOUDFLARE_API_TOKEN to a valid token.',
    },
    {
      reason: 'that several refusals concern',
      prepare: () => {
        account.hasR2 = false
        account.subdomain = null
      },
      fault: `R2 is not switched on in this account: switch it on at ${dashboard}/r2/overview.\nThe account has no workers.dev subdomain: choose one at ${dashboard}/workers/onboarding.`,
    },
  ])('is left as it was: $reason', async ({ prepare, fault }) => {
    prepare()
    expect(await deploy()).toBe(fault)
    expect(changes()).toEqual([])
    expect(commands).toEqual([])
  })

  it.each(permissions)('is left as it was if the token lacks %s', async (lacking) => {
    account.tokens.set(
      apiToken,
      permissions.filter((name) => name !== lacking),
    )
    expect(await deploy()).toContain(`The API token lacks the permission "${lacking}: Edit"`)
    expect(changes()).toEqual([])
  })

  it('gets nothing but refused queues on the Free plan', async () => {
    account.isPaid = false
    expect(await deploy()).toContain(
      `Reelhook needs the Workers Paid plan: choose it at ${dashboard}/workers/plans.`,
    )
    expect(account.databases.size + account.buckets.size + account.queues.size).toBe(0)
  })

  it('is named by the refusal of the upload on the Free plan', async () => {
    const refusal = 'CPU limits are not supported for the Free plan. [code: 100328]'
    const fault = await deploy({ answers: { deploy: { exitCode: 1, stdout: '', stderr: refusal } } })
    expect(fault).toContain('Reelhook needs the Workers Paid plan')
  })

  it('need not have a workers.dev subdomain if the Worker has a route', async () => {
    account.subdomain = null
    expect(await deploy({ needsSubdomain: false })).toBeNull()
  })
})

describe('a migration', () => {
  it('that wrangler skips stops the deployment', async () => {
    const fault = await deploy({ answers: { d1: succeeded } })
    expect(fault).toMatch(/no such table: d1_migrations|lacks the migrations 0000_first.sql/)
    expect(account.secrets).toBeNull()
  })

  it('that is missing after the others were applied stops the deployment', async () => {
    await deploy()
    account.databases.get('reelhook')?.sqlite.exec('DELETE FROM d1_migrations')
    const fault = await deploy({ answers: { d1: succeeded } })
    expect(fault).toContain('The database reelhook lacks the migrations 0000_first.sql.')
    expect(commands.filter((command) => command.startsWith('deploy'))).toHaveLength(1)
  })

  it('that fails stops the deployment', async () => {
    const fault = await deploy({ answers: { d1: { exitCode: 1, stdout: '', stderr: 'syntax error' } } })
    expect(fault).toContain('`wrangler d1 migrations apply` failed; its output is above.')
    expect(fault).toContain('run `npm run deploy` again')
    expect(account.secrets).toBeNull()
  })
})

describe('a deployment that was interrupted by a refusal', () => {
  it('is completed by the next one', async () => {
    account.failing = { request: /POST .*d1\/database$/, status: 500, code: 7500, message: 'Internal error' }
    expect(await deploy()).toMatch(/Cloudflare refuses POST .*d1\/database: Internal error \[code: 7500\]/)
    account.failing = null
    expect(await deploy()).toBeNull()
    expect(account.databases.size + account.buckets.size).toBe(2)
  })
})

interface Options {
  location?: Location
  settings?: Settings
  needsSubdomain?: boolean
  /** What wrangler answers to the commands that begin so. */
  answers?: Record<string, WranglerResult>
}

async function deploy(options: Options = {}): Promise<string | null> {
  const run = pretendedWrangler(account, { commands, ...(options.answers && { answers: options.answers }) })
  const opened = await openCloudflare({
    run,
    fetch,
    environment: { CLOUDFLARE_API_BASE_URL: api.baseUrl },
    accountId,
  })
  if (!opened.ok) return opened.fault
  const uploaded = options.settings ?? settings
  writeFileSync(settingsPath, JSON.stringify(uploaded))
  return deployWorker({
    cloudflare: opened.cloudflare,
    run,
    print: (line) => printed.push(line),
    worker: {
      name: 'reelhook',
      resources,
      needsSubdomain: options.needsSubdomain ?? true,
      location: options.location ?? null,
      settings: uploaded,
      settingsPath,
    },
  })
}

function changes() {
  return account.calls.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/query'))
}
