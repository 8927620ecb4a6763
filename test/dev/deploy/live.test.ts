/** What a deployment says before it changes anything, and after the Worker is uploaded. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changesOf, liveUrl, secrets, useWorld } from './world.ts'

const world = useWorld()
const { deploy, writeSettings } = world
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))

describe('a dry run', () => {
  const dryRun = { task: 'dry-run' } as const

  it('says what a first deployment would do, and changes nothing', async () => {
    expect(await deploy(dryRun)).toBeNull()
    expect(world.printed).toEqual([
      'A deployment would:',
      ...['jobs', 'results', 'deliveries', 'dead-letters'].map(
        (name) => `- create the queue reelhook-${name}`,
      ),
      '- create the database reelhook',
      '- create the bucket reelhook',
      expect.stringMatching(/^- migrate the database reelhook: 0000_first\.sql, 0001_/),
      '- set 4 settings: ADMIN_API_KEY, CRUN_API_KEY, PUBLIC_BASE_URL, SIGNING_SECRET',
      `- create the Worker reelhook at ${liveUrl}`,
      '- wait until it answers, and run the smoke test',
      'The Worker can be bundled: 1110 KiB / gzip: 440 KiB. Nothing was changed.',
    ])
    expect(changesOf(world.account)).toEqual([])
    expect(world.commands).toEqual(['deploy --dry-run --config'])
  })

  it('says what an upgrade would change', async () => {
    await deploy()
    writeSettings({ ...secrets, RUNWARE_API_KEY: 'key' })
    world.account.databases.get('reelhook')?.sqlite.exec("DELETE FROM d1_migrations WHERE name LIKE '0001%'")
    world.printed.length = 0
    await deploy(dryRun)
    expect(world.printed.slice(1, 5)).toEqual([
      expect.stringMatching(/^- migrate the database reelhook: 0001_\w+\.sql$/),
      '- set 4 settings: ADMIN_API_KEY, PUBLIC_BASE_URL, RUNWARE_API_KEY, SIGNING_SECRET',
      '- delete 1 setting: CRUN_API_KEY',
      `- replace the Worker reelhook at ${liveUrl}`,
    ])
  })

  it('says what it cannot know without a login', async () => {
    const answers = { auth: { exitCode: 1, stdout: '', stderr: '' } }
    expect(await deploy(dryRun, { answers })).toBeNull()
    expect(world.printed[0]).toMatch(/^Wrangler is not logged in/)
    expect(world.printed).toContain('- the database reelhook')
    expect(world.account.calls).toEqual([])
  })

  it('writes no file and asks nothing', async () => {
    rmSync(join(world.folder, '.env.production'))
    const ask = () => Promise.reject(new Error('A dry run asks nothing.'))
    expect(await deploy(dryRun, { ask })).toBeNull()
    expect(world.printed[1]).toBe('- ask for API keys of providers, and write .env.production')
    expect(() => readFileSync(join(world.folder, '.env.production'))).toThrow()
  })

  it('fails if the Worker cannot be bundled', async () => {
    const answers = { deploy: { exitCode: 1, stdout: '', stderr: 'No such module' } }
    expect(await deploy(dryRun, { answers })).toMatch(/No such module[\s\S]*cannot be bundled/)
  })
})

function unreachable(): never {
  throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })
}

describe('the check of the deployed Worker', () => {
  it('waits until the new version answers', async () => {
    const answers = [
      () => Response.error(),
      () => new Response('There is nothing here yet', { status: 404 }),
      () => Response.json({ status: 'ok', providers: [], version: '0.0.1' }),
      () => Response.json({ status: 'degraded', providers: [], version }),
    ]
    world.health = () => answers.shift()?.() ?? Response.error()
    expect(await deploy()).toBeNull()
    expect(answers).toEqual([])
    expect(world.tested).toHaveLength(1)
  })

  it.each<[string, () => Response, string]>([
    [
      'an old version',
      () => Response.json({ status: 'ok', version: '0.0.1' }),
      `still serves version 0.0.1, not ${version}`,
    ],
    ['nothing', unreachable, `Nothing answers at ${liveUrl} (getaddrinfo ENOTFOUND)`],
    ['another site', () => new Response('<html>'), 'answers 200, but it is not Reelhook'],
    ['a challenge', () => new Response('<html>', { status: 403 }), 'answers 403, but it is not Reelhook'],
    [
      'a missing setting',
      () =>
        Response.json(
          { detail: 'Correct the settings.', errors: [{ path: 'SIGNING_SECRET', message: 'is not set' }] },
          { status: 503 },
        ),
      'does not run: status 503, Correct the settings. SIGNING_SECRET is not set',
    ],
  ])('says that %s answers in the end, and how to go back', async (_, answer, expected) => {
    await deploy()
    world.health = answer
    const fault = await deploy()
    expect(fault).toContain(expected)
    expect(fault).toContain('npx wrangler rollback --name reelhook')
    expect(world.tested).toHaveLength(1)
  })

  it('is the smoke test too: if it fails, the Worker stays deployed', async () => {
    const smokeTest = async () => 'The job did not end within a minute.'
    const first = await deploy({}, { smokeTest })
    expect(first).toBe(
      'The job did not end within a minute.\nThe Worker is deployed. Deploy again, or test it again with --smoke-test.',
    )
    expect(world.account.secrets).not.toBeNull()
    expect(await deploy({}, { smokeTest })).toContain('npx wrangler rollback --name reelhook')
  })

  it('can be repeated alone', async () => {
    await deploy()
    world.account.calls.length = 0
    expect(await deploy({ task: 'smoke-test' })).toBeNull()
    expect(changesOf(world.account)).toEqual([])
    expect(world.tested).toHaveLength(2)
  })

  it('names the file that has the admin key, if it is missing', async () => {
    rmSync(join(world.folder, '.env.production'))
    const ask = () => Promise.reject(new Error('A smoke test asks nothing.'))
    expect(await deploy({ task: 'smoke-test' }, { ask })).toBe(
      'There is no .env.production with the admin key. Deploy first, or copy the file from where you did.',
    )
  })
})
