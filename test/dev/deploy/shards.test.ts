/** How many databases a deployment has, and the configuration that binds them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { resourcesIn } from '../../../src/dev/deploy/account-resources.ts'
import type { Cloudflare } from '../../../src/dev/deploy/cloudflare.ts'
import { chooseShards, withShards } from '../../../src/dev/deploy/shards.ts'

/** An account whose Worker has these bindings. */
function anAccount(names: string[]): Cloudflare {
  const result = { bindings: names.map((name) => ({ name })) }
  return { accountId: 'account', call: async (schema) => ({ ok: true, result: schema.parse(result) }) }
}

/** An account that answers with this error. */
function aRefusal(code: number): Cloudflare {
  return {
    accountId: 'account',
    call: async (_, request) => ({ ok: false, refusal: { request, codes: [code], message: 'refused' } }),
  }
}

const four = ['DB', 'BUCKET', 'DB_1', 'DB_2', 'DB_3', 'JOBS']

describe('the number of databases', () => {
  it('is 1, or as the option says, in the first deployment', async () => {
    expect(await chooseShards(aRefusal(10007), 'reelhook', null)).toEqual({ ok: true, count: 1 })
    expect(await chooseShards(aRefusal(10007), 'reelhook', 8)).toEqual({ ok: true, count: 8 })
  })

  it('stays as it is without the option', async () => {
    expect(await chooseShards(anAccount(four), 'reelhook', null)).toEqual({ ok: true, count: 4 })
  })

  it('may grow', async () => {
    expect(await chooseShards(anAccount(four), 'reelhook', 8)).toEqual({ ok: true, count: 8 })
  })

  it('never becomes less', async () => {
    expect(await chooseShards(anAccount(four), 'reelhook', 2)).toEqual({
      ok: false,
      fault: 'The Worker has 4 databases, and their jobs are nowhere else: --shards cannot be 2.',
    })
  })

  it('is not guessed if the Worker cannot be read', async () => {
    expect(await chooseShards(aRefusal(10000), 'reelhook', null)).toMatchObject({ ok: false })
  })
})

describe('the configuration with four databases', () => {
  it('binds a database of its own name to each shard, with the same migrations', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shards-test-'))
    try {
      symlinkSync(resolve('src'), join(folder, 'src'))
      const [first] = unstable_readConfig({ config: 'wrangler.toml' }).d1_databases
      if (first === undefined) throw new Error('wrangler.toml has a database')
      const config = join(folder, 'wrangler.toml')
      writeFileSync(config, withShards(readFileSync('wrangler.toml', 'utf8'), first, 4))
      const read = unstable_readConfig({ config })
      expect(read.d1_databases.map(({ binding }: { binding: string }) => binding)).toEqual([
        'DB',
        'DB_1',
        'DB_2',
        'DB_3',
      ])
      expect(existsSync(resolve(folder, read.assets?.directory ?? '', 'static/base.css'))).toBe(true)
      const { databases } = resourcesIn(read)
      expect(databases.map(({ name }) => name)).toEqual([
        'reelhook',
        'reelhook-1',
        'reelhook-2',
        'reelhook-3',
      ])
      expect(new Set(databases.map(({ migrationsFolder }) => migrationsFolder)).size).toBe(1)
      expect(
        read.queues.consumers?.map(
          ({ max_concurrency }: { max_concurrency?: number | null }) => max_concurrency,
        ),
      ).toEqual([40, 160, 40, 1])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
