/** How a deployment gets its settings: from its file, from answers on a terminal, or from the Worker. */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../src/dev/deploy/settings-file.ts'
import { changesOf, liveUrl, secrets, useWorld } from './world.ts'

const world = useWorld()
const { deploy, writeSettings } = world
const production = join(world.folder, '.env.production')
const notLoggedIn = { auth: { exitCode: 1, stdout: '', stderr: '' } }

describe('the first deployment on a terminal', () => {
  const answers = { settings: { CRUN_API_KEY: "crun's key" }, location: 'weur' as const }

  it('asks, makes the secrets, writes the file for its owner alone, and prints the admin key', async () => {
    rmSync(production)
    const asked: unknown[] = []
    const ask = async (questions: unknown) => {
      asked.push(questions)
      return answers
    }
    expect(await deploy({}, { ask })).toBeNull()
    expect(asked).toEqual([{ worker: 'reelhook', file: '.env.production', asksLocation: true }])
    const { settings } = settingsIn(production)
    expect(settings).toEqual({
      CRUN_API_KEY: "crun's key",
      SIGNING_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
      ADMIN_API_KEY: expect.stringMatching(/^[0-9a-f]{48}$/),
    })
    expect(readFileSync(production, 'utf8')).toContain('# A provider without an API key is not used.')
    expect(statSync(production).mode & 0o777).toBe(0o600)
    expect(Object.fromEntries(world.account.secrets ?? [])).toEqual({ ...settings, PUBLIC_BASE_URL: liveUrl })
    expect(world.account.databases.get('reelhook')?.location).toBe('weur')
    expect(world.printed.filter((line) => line.includes(settings.ADMIN_API_KEY ?? '?'))).toHaveLength(1)
  })

  it('is followed by one that asks nothing and prints no key', async () => {
    rmSync(production)
    await deploy({}, { ask: async () => answers })
    world.printed.length = 0
    const ask = () => Promise.reject(new Error('A second run asks nothing.'))
    expect(await deploy({}, { ask })).toBeNull()
    expect(world.printed.join('\n')).not.toContain(settingsIn(production).settings.ADMIN_API_KEY)
  })

  it('changes nothing if the person leaves', async () => {
    rmSync(production)
    expect(await deploy({}, { ask: async () => null })).toBe('Canceled. Nothing was changed.')
    expect(changesOf(world.account)).toEqual([])
    expect(existsSync(production)).toBe(false)
  })

  it('needs a login before it asks', async () => {
    rmSync(production)
    const ask = () => Promise.reject(new Error('It asks too early.'))
    expect(await deploy({}, { ask, answers: notLoggedIn })).toMatch(/^Wrangler is not logged in/)
  })

  it('asks for no place if an option names it', async () => {
    rmSync(production)
    const asked: boolean[] = []
    const ask = async ({ asksLocation }: { asksLocation: boolean }) => {
      asked.push(asksLocation)
      return { settings: {}, location: null }
    }
    await deploy({ location: 'oc' }, { ask })
    expect(asked).toEqual([false])
    expect(world.account.databases.get('reelhook')?.location).toBe('oc')
  })

  it('makes only the secrets that a file lacks', async () => {
    writeSettings({ SIGNING_SECRET: secrets.SIGNING_SECRET, ADMIN_API_KEY: '' })
    const ask = () => Promise.reject(new Error('Nothing is left to ask.'))
    expect(await deploy({}, { ask })).toBeNull()
    expect(settingsIn(production).settings.SIGNING_SECRET).toBe(secrets.SIGNING_SECRET)
    expect(world.printed).toContain('Wrote .env.production with a new ADMIN_API_KEY')
  })

  it('never replaces the secret of a Worker that another machine deployed', async () => {
    await deploy()
    rmSync(production)
    world.account.calls.length = 0
    expect(await deploy({}, { ask: async () => answers })).toMatch(
      /^The Worker reelhook is deployed and has a SIGNING_SECRET, but \.env\.production has none\./,
    )
    expect(changesOf(world.account)).toEqual([])
    expect(existsSync(production)).toBe(false)
  })
})

describe('the secret in a file', () => {
  const other = 'o'.repeat(32)

  it('must be that of the Worker, which would lose its links and stored keys', async () => {
    await deploy()
    writeSettings({ ...secrets, SIGNING_SECRET: other })
    world.account.calls.length = 0
    expect(await deploy()).toContain('The Worker reelhook has another SIGNING_SECRET than .env.production.')
    expect(changesOf(world.account)).toEqual([])
    expect(world.account.secrets?.get('SIGNING_SECRET')).toBe(secrets.SIGNING_SECRET)
  })

  it('may be new if the file has the previous one too', async () => {
    await deploy()
    writeSettings({ ...secrets, SIGNING_SECRET: other, SIGNING_SECRET_PREVIOUS: secrets.SIGNING_SECRET })
    expect(await deploy()).toBeNull()
    expect(world.account.secrets?.get('SIGNING_SECRET')).toBe(other)
  })

  it('may be new if that of the Worker was deleted', async () => {
    await deploy()
    world.account.secrets?.delete('SIGNING_SECRET')
    writeSettings({ ...secrets, SIGNING_SECRET: other })
    expect(await deploy()).toBeNull()
  })
})

describe('without a terminal', () => {
  it('a deployment names everything that is missing at once', async () => {
    rmSync(production)
    const fault = await deploy({}, { answers: notLoggedIn })
    for (const name of ['.env.production', 'SIGNING_SECRET', 'ADMIN_API_KEY', 'CLOUDFLARE_API_TOKEN']) {
      expect(fault).toContain(name)
    }
  })

  it('a deployment makes no secret', async () => {
    writeSettings({ SIGNING_SECRET: '' })
    expect(await deploy()).toBe(
      'Fix these settings in .env.production:\n  SIGNING_SECRET is not set\n  ADMIN_API_KEY is not set',
    )
  })
})

describe('a staging deployment', () => {
  it('has a file, a Worker, a database, a bucket and queues of its own', async () => {
    writeSettings(secrets, '.env.staging')
    expect(await deploy({ environment: 'staging' })).toBeNull()
    const { databases, buckets, queues, secrets: uploaded } = world.account
    const names = [...databases.keys(), ...buckets.keys(), ...queues.keys()]
    expect(names.every((name) => name.startsWith('reelhook-staging'))).toBe(true)
    expect(uploaded?.get('PUBLIC_BASE_URL')).toBe('https://reelhook-staging.video-team.workers.dev')
    expect(uploaded?.has('CRUN_API_KEY')).toBe(false)
  })

  it('never gives a Worker another database than the one that has its jobs', async () => {
    await deploy()
    const production = world.account.databases.get('reelhook')?.uuid
    const bound = [{ metadata: { bindings: [{ name: 'DB', type: 'd1', id: production }] }, modules: [] }]
    world.account.uploads = [...bound]
    expect(await deploy()).toBeNull()
    world.account.uploads = bound
    writeSettings(secrets, '.env.staging')
    world.account.calls.length = 0
    // As in a build that is connected to the Worker of production.
    const around = { environment: { WRANGLER_CI_OVERRIDE_NAME: 'reelhook' } }
    expect(await deploy({ environment: 'staging' }, around)).toContain(
      `The Worker reelhook has its jobs in the database ${production}, which is not reelhook-staging:`,
    )
    expect(changesOf(world.account)).toEqual([])
  })

  it('has jobs that cost nothing, as soon as there is such a setting', async () => {
    await deploy({ environment: 'staging' }, { ask: async () => ({ settings: {}, location: null }) })
    const { settings } = settingsIn(join(world.folder, '.env.staging'))
    const example = readFileSync('.env.production.example', 'utf8')
    expect(settings.SIMULATOR).toBe(example.includes('\nSIMULATOR=') ? 'on' : undefined)
  })
})

describe('in Workers Builds', () => {
  const build = { environment: { WORKERS_CI: '1', CI: 'true' } }
  const button = { ADMIN_API_KEY: 'the-admin-key-of-the-form', RUNWARE_API_KEY: 'none' }

  it('the form of the button asks for three settings, each with a description', () => {
    const asked = Object.keys(parseEnv(readFileSync('.dev.vars.example', 'utf8')))
    expect(asked.toSorted()).toEqual(['ADMIN_API_KEY', 'RUNWARE_API_KEY', 'SIGNING_SECRET'])
    const { cloudflare } = JSON.parse(readFileSync('package.json', 'utf8'))
    for (const name of asked) expect(cloudflare.bindings[name].description).toMatch(/\w/)
    // The button would ask for each of its lines, too.
    expect(existsSync('.env.example')).toBe(false)
  })

  it('the button needs no file: what is on the Worker stays, and what is missing is made', async () => {
    rmSync(production)
    world.account.secrets = new Map(Object.entries(button))
    expect(await deploy({}, build)).toBeNull()
    expect(Object.fromEntries(world.account.secrets)).toEqual({
      ...button,
      PUBLIC_BASE_URL: liveUrl,
      SIGNING_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(world.commands).toEqual([
      'd1 migrations apply DB --remote --config',
      'deploy --keep-vars --secrets-file --config',
    ])
    const secret = world.account.secrets.get('SIGNING_SECRET') ?? '?'
    expect(world.printed.join('\n')).not.toContain(secret)
    expect(world.printed.join('\n')).not.toContain(button.ADMIN_API_KEY)
  })

  it('a redeployment migrates and changes no setting', async () => {
    rmSync(production)
    const kept = { ...button, ...secrets, PUBLIC_BASE_URL: 'https://chosen.example.com' }
    world.account.secrets = new Map(Object.entries(kept))
    expect(await deploy({}, build)).toBeNull()
    expect(Object.fromEntries(world.account.secrets)).toEqual(kept)
    expect(world.printed.join('\n')).toMatch(/Migrated the database reelhook: 0000_first\.sql, /)
  })

  it('a renamed database is found by its id, and the Worker by its name in the build', async () => {
    rmSync(production)
    world.account.secrets = new Map(Object.entries(button))
    world.configure((text) => text.replace('database_name = "reelhook"', 'database_name = "my-jobs"'))
    const around = { environment: { ...build.environment, WRANGLER_CI_OVERRIDE_NAME: 'my-videos' } }
    expect(await deploy({}, around)).toBeNull()
    expect([...world.account.databases.keys()]).toEqual(['my-jobs'])
    expect(world.account.secrets.get('PUBLIC_BASE_URL')).toBe('https://my-videos.video-team.workers.dev')
  })

  it('says how to set a missing admin key, which it cannot show', async () => {
    rmSync(production)
    expect(await deploy({}, build)).toBeNull()
    expect(world.printed).toContain('  npx wrangler secret put ADMIN_API_KEY --name reelhook')
    expect(world.account.secrets?.has('ADMIN_API_KEY')).toBe(false)
  })
})

function settingsIn(path: string) {
  const read = readSettings(readFileSync(path, 'utf8'))
  if (!read.ok) throw new Error(read.faults.join('\n'))
  return read
}
