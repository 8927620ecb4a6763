/** The configuration of the Worker in an environment, with several databases, and the address that it names. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import { chooseShards } from '../../../src/dev/deploy/deployed-worker.ts'
import {
  addressOf,
  readWorkerConfig,
  type WorkerConfig,
  withEnvironment,
  withShards,
  writeWorkerConfig,
} from '../../../src/dev/deploy/worker-config.ts'

const config = readWorkerConfig('.')

describe('the number of databases', () => {
  const none = { exists: false, names: [], secrets: [], refusals: [] }
  const four = { ...none, exists: true, names: ['DB', 'BUCKET', 'DB_1', 'DB_2', 'DB_3', 'JOBS'] }

  it('is 1, or as the option says, in the first deployment', () => {
    expect(chooseShards(none, null)).toEqual({ ok: true, count: 1 })
    expect(chooseShards(none, 8)).toEqual({ ok: true, count: 8 })
  })

  it('stays as it is without the option', () => {
    expect(chooseShards(four, null)).toEqual({ ok: true, count: 4 })
  })

  it('may grow', () => {
    expect(chooseShards(four, 8)).toEqual({ ok: true, count: 8 })
  })

  it('never becomes less', () => {
    expect(chooseShards(four, 2)).toEqual({
      ok: false,
      fault: 'The Worker has 4 databases, and their jobs are nowhere else: --shards cannot be 2.',
    })
  })
})

describe('the configuration with four databases', () => {
  const names = ['reelhook', 'reelhook-1', 'reelhook-2', 'reelhook-3']

  it('is one that wrangler reads, with the same migrations for each', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shards-test-'))
    try {
      symlinkSync(resolve('src'), join(folder, 'src'))
      const path = writeWorkerConfig(folder, withShards(config, 4))
      const read = unstable_readConfig({ config: path })
      const databases: { binding: string; database_name?: string }[] = read.d1_databases
      expect(databases.map(({ binding }) => binding)).toEqual(['DB', 'DB_1', 'DB_2', 'DB_3'])
      expect(databases.map(({ database_name }) => database_name)).toEqual(names)
      expect(existsSync(resolve(folder, read.assets?.directory ?? '', 'static/base.css'))).toBe(true)
      expect(readFileSync(path, 'utf8')).not.toContain('database_id')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has more consumers at once, except for dead letters', () => {
    const { consumers } = withShards(config, 4).queues
    expect(consumers.map(({ max_concurrency }) => max_concurrency)).toEqual([40, 160, 40, 1])
    expect(withShards(config, 8).queues.consumers[1]?.max_concurrency).toBe(250)
  })

  it('keeps the id that the button wrote for the first', () => {
    const [first, second] = withShards(withDatabaseId('the-id-of-the-button'), 2).d1_databases
    expect([first?.database_id, second?.database_id]).toEqual(['the-id-of-the-button', undefined])
  })
})

describe('an environment', () => {
  const staging = withEnvironment(withDatabaseId('the-id-of-the-production'), 'staging')

  it('has resources of its own', () => {
    const production = resourcesIn(config).map(({ name }) => name)
    const names = resourcesIn(staging).map(({ name }) => name)
    expect(staging.name).toBe('reelhook-staging')
    expect(names).toEqual(production.map((name) => name.replace('reelhook', 'reelhook-staging')))
    expect(staging.d1_databases.map(({ database_id }) => database_id)).toEqual([undefined])
  })

  it('has resources of its own if they are not named after the Worker', () => {
    const renamed = withEnvironment({ ...config, name: 'my-videos' }, 'staging')
    expect(resourcesIn(renamed).every(({ name }) => name.endsWith('-staging'))).toBe(true)
  })

  it('has no route of the production', () => {
    const routed = { ...config, routes: ['videos.example.com/*'] }
    expect(addressOf(withEnvironment(routed, 'staging'))).toEqual({ kind: 'workers.dev' })
  })
})

describe('the address of the Worker', () => {
  it.each<{ of: string; settings: Partial<WorkerConfig>; address: unknown }>([
    { of: 'wrangler.toml as it is', settings: {}, address: { kind: 'workers.dev' } },
    {
      of: 'a custom domain',
      settings: { routes: [{ pattern: 'videos.example.com', custom_domain: true }] },
      address: { kind: 'domain', url: 'https://videos.example.com' },
    },
    {
      of: 'a route',
      settings: { route: 'videos.example.com/*' },
      address: { kind: 'domain', url: 'https://videos.example.com' },
    },
    {
      of: 'a route with a wildcard in its host',
      settings: { route: '*.example.com/*' },
      address: { kind: 'unknown' },
    },
    {
      of: 'a route with a path, beside workers.dev',
      settings: { route: 'example.com/videos/*', workers_dev: true },
      address: { kind: 'workers.dev' },
    },
  ])('is that of $of', ({ settings, address }) => {
    expect(addressOf({ ...config, ...settings })).toEqual(address)
  })
})

function withDatabaseId(database_id: string): WorkerConfig {
  return { ...config, d1_databases: config.d1_databases.map((database) => ({ ...database, database_id })) }
}
