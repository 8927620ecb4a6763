/** Deployments to the pretended Cloudflare API. Wrangler is pretended too; deploy.slow.test.ts runs the real one. */
import { describe, expect, it } from 'vitest'
import { resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import { readWorkerConfig } from '../../../src/dev/deploy/worker-config.ts'
import { accountId, apiToken, permissions } from '../../support/platform/cloudflare-account.ts'
import { succeeded } from '../../support/platform/cloudflare-wrangler.ts'
import { changesOf, liveUrl, secrets, useWorld } from './world.ts'

const resources = resourcesIn(readWorkerConfig('.'))
const queues = resources.flatMap(({ kind, name }) => (kind === 'queue' ? name : []))
const dashboard = `https://dash.cloudflare.com/${accountId}`
const world = useWorld()
const { deploy, writeSettings } = world

describe('the first deployment', () => {
  it('creates every resource, applies the migrations by binding, deploys and tests the Worker', async () => {
    expect(await deploy()).toBeNull()
    const { account, commands, printed, tested } = world
    expect([...account.queues.keys()].toSorted()).toEqual(queues.toSorted())
    expect([...account.databases.keys()]).toEqual(['reelhook'])
    expect([...account.buckets.keys()]).toEqual(['reelhook'])
    expect(commands).toEqual(['d1 migrations apply DB --remote --config', 'deploy --secrets-file --config'])
    expect(printed.filter((line) => line.startsWith('Created the ')).toSorted()).toEqual(
      resources.map(({ kind, name }) => `Created the ${kind} ${name}`).toSorted(),
    )
    expect(tested).toEqual([{ url: liveUrl, adminApiKey: secrets.ADMIN_API_KEY }])
  })

  it('derives the address from the workers.dev subdomain of the account', async () => {
    await deploy()
    expect(uploaded()).toEqual({ ...secrets, CRUN_API_KEY: 'key', PUBLIC_BASE_URL: liveUrl })
    expect(world.printed).toContain(`Reelhook runs at ${liveUrl}`)
  })

  it('takes the address of the file before any other', async () => {
    writeSettings({ ...secrets, PUBLIC_BASE_URL: 'https://videos.example.com' })
    await deploy()
    expect(uploaded().PUBLIC_BASE_URL).toBe('https://videos.example.com')
    expect(world.tested).toMatchObject([{ url: 'https://videos.example.com' }])
  })

  it('creates the queues first, since only they may need the Paid plan', async () => {
    await deploy()
    const created = changesOf(world.account).map(({ path }) => path)
    expect(new Set(created.slice(0, queues.length))).toEqual(new Set(['queues']))
  })

  it('places the database and the bucket where it is asked to, and else leaves it to Cloudflare', async () => {
    await deploy({ location: 'weur' })
    expect(world.account.databases.get('reelhook')?.location).toBe('weur')
    expect(world.account.buckets.get('reelhook')?.location).toBe('weur')
    await deploy({ environment: 'production', shards: 2 })
    expect(world.account.databases.get('reelhook-1')?.location).toBeUndefined()
  })

  it('needs the four permissions of the README and no other', async () => {
    await deploy()
    expect(new Set(world.account.calls.map(({ permission }) => permission))).toEqual(new Set(permissions))
  })

  it('never prints a secret of the file', async () => {
    await deploy()
    for (const secret of Object.values(secrets)) expect(world.printed.join('\n')).not.toContain(secret)
  })
})

describe('a repeated deployment', () => {
  it('creates and migrates nothing, and keeps the rules of the bucket', async () => {
    await deploy()
    const { account, commands } = world
    account.buckets.get('reelhook')?.rules.push({ id: 'rule of the owner' })
    account.calls.length = 0
    commands.length = 0
    expect(await deploy()).toBeNull()
    expect(changesOf(account)).toEqual([])
    expect(commands).toEqual(['deploy --secrets-file --config'])
    expect(rules()).toEqual(['reelhook-abort-uploads-1d', 'rule of the owner'])
  })

  it('adds its rule to those of the owner', async () => {
    world.account.buckets.set('reelhook', { rules: [{ id: 'rule of the owner' }] })
    await deploy()
    expect(rules()).toEqual(['rule of the owner', 'reelhook-abort-uploads-1d'])
  })

  it('creates what is missing, and says what it cannot move', async () => {
    world.account.buckets.set('reelhook', { rules: [] })
    world.account.queues.set('reelhook-jobs', { id: 'queue', consumers: [] })
    expect(await deploy({ location: 'apac' })).toBeNull()
    expect(world.printed).toContain('Created the database reelhook')
    expect(world.printed).toContain('Not moved to apac, since it exists: bucket reelhook')
  })

  it('deletes the settings that the file no longer has, and no other secret', async () => {
    await deploy()
    world.account.secrets?.set('SECRET_OF_THE_OWNER', 'value')
    writeSettings(secrets)
    await deploy()
    expect(uploaded()).toEqual({ ...secrets, PUBLIC_BASE_URL: liveUrl, SECRET_OF_THE_OWNER: 'value' })
    expect(world.printed).toContain('Deleted 1 setting: CRUN_API_KEY')
  })

  it('keeps the number of databases', async () => {
    await deploy({ shards: 2 })
    await deploy()
    expect(world.account.uploads.at(-1)?.metadata.bindings.map(({ name }) => name)).toEqual(['DB', 'DB_1'])
    expect(await deploy({ shards: 1 })).toMatch(/^The Worker has 2 databases/)
  })
})

describe('an account that cannot take the deployment', () => {
  const login = 'run `npx wrangler login` again, or set CLOUDFLARE_API_TOKEN to a valid token.'
  const noR2 = `R2 is not switched on in this account: switch it on at ${dashboard}/r2/overview.`
  const noSubdomain = `The account has no workers.dev subdomain: choose one at ${dashboard}/workers/onboarding.`

  it.each<{ reason: string; prepare: () => void; fault: string }>([
    { reason: 'without R2', prepare: () => Object.assign(world.account, { hasR2: false }), fault: noR2 },
    {
      reason: 'without a workers.dev subdomain',
      prepare: () => Object.assign(world.account, { subdomain: null }),
      fault: noSubdomain,
    },
    {
      reason: 'whose token is not valid',
      prepare: () => world.account.tokens.clear(),
      fault: `Cloudflare refuses the login: ${login}`,
    },
    {
      reason: 'that several refusals concern',
      prepare: () => Object.assign(world.account, { hasR2: false, subdomain: null }),
      fault: `${noR2}\n${noSubdomain}`,
    },
  ])('is left as it was: $reason', async ({ prepare, fault }) => {
    prepare()
    expect(await deploy()).toBe(fault)
    expect(changesOf(world.account)).toEqual([])
    expect(world.commands).toEqual([])
  })

  it.each(permissions)('is left as it was if the token lacks %s', async (lacking) => {
    const others = permissions.filter((name) => name !== lacking)
    world.account.tokens.set(apiToken, others)
    expect(await deploy()).toContain(`The API token lacks the permission "${lacking}: Edit"`)
    expect(changesOf(world.account)).toEqual([])
  })

  it('gets nothing but refused queues on the Free plan', async () => {
    world.account.isPaid = false
    expect(await deploy()).toContain(
      `Reelhook needs the Workers Paid plan: choose it at ${dashboard}/workers/plans.`,
    )
    const { databases, buckets, queues } = world.account
    expect(databases.size + buckets.size + queues.size).toBe(0)
  })

  it('is named by the refusal of the upload on the Free plan', async () => {
    const stderr = 'CPU limits are not supported for the Free plan. [code: 100328]'
    const fault = await deploy({}, { answers: { deploy: { exitCode: 1, stdout: '', stderr } } })
    expect(fault).toContain('Reelhook needs the Workers Paid plan')
    expect(world.printed.at(-1)).toBe(stderr)
  })

  it('need not have a workers.dev subdomain if the Worker has a custom domain', async () => {
    world.account.subdomain = null
    world.configure((text) => `route = "videos.example.com/*"\n${text}`)
    expect(await deploy()).toBeNull()
    expect(uploaded().PUBLIC_BASE_URL).toBe('https://videos.example.com')
  })

  it('must have the database that wrangler.toml names by its id', async () => {
    const id = '12345678-1234-1234-1234-123456789012'
    world.configure((text) => text.replace('00000000-0000-0000-0000-000000000000', id))
    expect(await deploy()).toBe(
      `wrangler.toml names the database ${id}, which this account does not have: delete its line database_id.`,
    )
  })
})

describe('a migration', () => {
  it('that wrangler skips stops the deployment', async () => {
    const fault = await deploy({}, { answers: { d1: succeeded } })
    expect(fault).toMatch(/The database reelhook lacks the migrations 0000_first\.sql(?:, \d{4}_\w+\.sql)*\./)
    expect(world.account.secrets).toBeNull()
  })

  it('that is missing after the others were applied stops the deployment', async () => {
    await deploy()
    world.account.databases.get('reelhook')?.sqlite.exec("DELETE FROM d1_migrations WHERE name LIKE '0001%'")
    const fault = await deploy({}, { answers: { d1: succeeded } })
    expect(fault).toMatch(/The database reelhook lacks the migrations 0001_\w+\.sql\./)
    expect(world.commands.filter((command) => command.startsWith('deploy'))).toHaveLength(1)
  })

  it('that fails shows the output of wrangler and stops the deployment', async () => {
    const fault = await deploy({}, { answers: { d1: { exitCode: 1, stdout: '', stderr: 'syntax error' } } })
    expect(fault).toContain('`wrangler d1 migrations apply` failed; its output is above.')
    expect(fault).toContain('Correct this, then deploy again: the next run continues with the missing steps.')
    expect(world.printed).toContain('syntax error')
    expect(world.account.secrets).toBeNull()
  })
})

describe('a deployment that was interrupted by a refusal', () => {
  it('is completed by the next one', async () => {
    const { account } = world
    account.failing = { request: /POST .*d1\/database$/, status: 500, code: 7500, message: 'Internal error' }
    expect(await deploy()).toMatch(/Cloudflare refuses POST .*d1\/database: Internal error \[code: 7500\]/)
    account.failing = null
    expect(await deploy()).toBeNull()
    expect(account.databases.size + account.buckets.size).toBe(2)
  })
})

function uploaded(): Record<string, string> {
  return Object.fromEntries(world.account.secrets ?? [])
}

function rules(): string[] | undefined {
  return world.account.buckets.get('reelhook')?.rules.map(({ id }) => id)
}
