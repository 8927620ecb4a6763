/** The emulation of D1's troubles: each test that uses it relies on these. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { emulateDatabase, fullMessage, overloadedMessage } from '../support/platform/database.ts'
import { aGate } from '../support/runtime.ts'

const insert = (binding: D1Database, jobId: string) =>
  binding
    .prepare("INSERT INTO waits (provider, job_id) VALUES ('crun', ?) ON CONFLICT DO NOTHING")
    .bind(jobId)
const count = async (binding: D1Database) =>
  (await binding.prepare('SELECT count(*) FROM waits').raw<[number]>())[0]?.[0]

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM waits').run()
})

describe('the emulated D1', () => {
  it('takes its time for each round trip: a batch is one', async () => {
    const waits: number[] = []
    const wait = async (ms: number) => void waits.push(ms)
    const database = emulateDatabase(env.DB, { wait, chance: () => 0.5, latencyMs: { min: 50, max: 150 } })
    await database.binding.batch([insert(database.binding, 'a'), insert(database.binding, 'b')])
    expect(await count(database.binding)).toBe(2)
    expect(waits).toEqual([100, 100])
    expect(database.calls()).toBe(2)
  })

  it('fails each call while it is overloaded', async () => {
    let now = 1_000
    const database = emulateDatabase(env.DB, { now: () => now })
    database.overload(2_000)
    await expect(insert(database.binding, 'a').run()).rejects.toThrow(overloadedMessage)
    now = 2_000
    await insert(database.binding, 'a').run()
    expect(await count(database.binding)).toBe(1)
  })

  it('lets calls hang while it stalls, and then executes them', async () => {
    const database = emulateDatabase(env.DB)
    const gate = aGate()
    database.stall(gate.wait)
    const inserted = insert(database.binding, 'a').run()
    await vi.waitUntil(() => database.stalled() === 1, 60_000)
    expect(await count(env.DB)).toBe(0)
    gate.open()
    await inserted
    expect(await count(database.binding)).toBe(1)
  })

  it('executes a call and loses its answer', async () => {
    const database = emulateDatabase(env.DB)
    database.loseAnswers((sql) => sql.some((statement) => statement.includes('INSERT')))
    expect(await count(database.binding)).toBe(0)
    await expect(insert(database.binding, 'a').run()).rejects.toThrow('Network connection lost')
    expect(await count(database.binding)).toBe(1)
  })

  it('executes one call after the other on its one thread', async () => {
    const order: string[] = []
    const gate = aGate()
    const slow = {
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: async (batch: D1PreparedStatement[]) => {
        order.push('begins')
        await gate.wait
        const results = await env.DB.batch(batch)
        order.push('ends')
        return results
      },
    } as unknown as D1Database
    const database = emulateDatabase(slow, { threads: 'one' })
    const both = Promise.all(['a', 'b'].map((id) => database.binding.batch([insert(database.binding, id)])))
    gate.open()
    await both
    expect(order).toEqual(['begins', 'ends', 'begins', 'ends'])
  })
})

describe('a full D1', () => {
  it('refuses a batch that inserts a row, and writes none of it', async () => {
    const { binding, fill } = emulateDatabase(env.DB)
    await insert(binding, 'a').run()
    fill('full')
    const remove = binding.prepare("DELETE FROM waits WHERE job_id = 'a'")
    await expect(binding.batch([insert(binding, 'b'), remove])).rejects.toThrow(fullMessage)
    await expect(insert(binding, 'b').run()).rejects.toThrow(fullMessage)
    await expect(insert(binding, 'b').raw()).rejects.toThrow(fullMessage)
    expect(await count(binding)).toBe(1)
  })

  it('executes a batch that first deletes what makes room', async () => {
    const { binding, fill } = emulateDatabase(env.DB)
    await insert(binding, 'a').run()
    fill('full')
    const remove = binding.prepare("DELETE FROM waits WHERE job_id = 'a'")
    await binding.batch([remove, insert(binding, 'b')])
    expect(await count(binding)).toBe(1)
  })

  it('executes reads, deletes, updates in place, and an INSERT that writes no row', async () => {
    const { binding, fill } = emulateDatabase(env.DB)
    await insert(binding, 'a').run()
    fill('full')
    await insert(binding, 'a').run()
    await binding.prepare("UPDATE waits SET job_id = 'c' WHERE job_id = ?").bind('a').run()
    expect(await count(binding)).toBe(1)
    await binding.prepare('DELETE FROM waits').run()
    expect(await count(binding)).toBe(0)
    fill('has room')
    await insert(binding, 'b').run()
    expect(await count(binding)).toBe(1)
  })

  it('refuses an update with more text than a page has room for', async () => {
    const { binding, fill } = emulateDatabase(env.DB)
    fill('full')
    const update = binding.prepare('UPDATE waits SET job_id = ?').bind('x'.repeat(2_000))
    await expect(update.run()).rejects.toThrow(fullMessage)
  })
})
