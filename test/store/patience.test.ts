/** How D1 is called: with repeats while it is in trouble, and with a time limit. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { leaseMs } from '../../src/core/schedule/jobs.ts'
import { patientDatabase, requestPatience, workPatience } from '../../src/store/patience.ts'
import { emulateDatabase, overloadedMessage } from '../support/platform/database.ts'
import { aGate } from '../support/runtime.ts'

const sum = (numbers: readonly number[]) => numbers.reduce((left, right) => left + right, 0)

/** Waits take no time; the test reads how long they would have been. */
function anOverloadedDatabase(failures: number, chance = 0) {
  const waits: number[] = []
  let left = failures
  const database = emulateDatabase(env.DB)
  const failing = {
    prepare: (sql: string) => database.binding.prepare(sql),
    batch: async (batch: D1PreparedStatement[]) => {
      if (left-- > 0) throw new Error(overloadedMessage)
      return database.binding.batch(batch)
    },
  } as unknown as D1Database
  const wait = async (ms: number) => void waits.push(ms)
  const patient = patientDatabase(failing, { chance: () => chance, wait }, workPatience)
  return { waits, call: () => patient.batch([patient.prepare('SELECT 1 AS one')]) }
}

describe('a call to D1 in trouble', () => {
  it('is repeated with growing waits until it succeeds', async () => {
    const { waits, call } = anOverloadedDatabase(3)
    expect((await call())[0]?.results).toEqual([{ one: 1 }])
    expect(waits).toEqual(workPatience.waitsMs.slice(0, 3))
  })

  it('waits up to a half less, at random, so that calls that failed together return apart', async () => {
    const { waits, call } = anOverloadedDatabase(2, 0.5)
    await call()
    expect(waits).toEqual(workPatience.waitsMs.slice(0, 2).map((ms) => ms * 0.75))
  })

  it('fails with the last error after the last wait', async () => {
    const { waits, call } = anOverloadedDatabase(100)
    await expect(call()).rejects.toThrow(overloadedMessage)
    expect(waits).toEqual(workPatience.waitsMs)
  })

  it('ends well before a lease does', () => {
    for (const { limitMs, waitsMs } of [requestPatience, workPatience]) {
      expect(limitMs).toBeLessThanOrEqual(leaseMs / 2)
      expect(sum(waitsMs)).toBeLessThan(limitMs)
    }
  })

  it.each([
    ['a wrong statement', 'D1_ERROR: no such table: nothing: SQLITE_ERROR'],
    ['a full database', 'D1_ERROR: Exceeded maximum DB size.'],
  ])('is not repeated after the error of %s', async (_, message) => {
    let calls = 0
    const failing = {
      batch: async () => {
        calls += 1
        throw new Error(message)
      },
    } as unknown as D1Database
    const edges = { chance: () => 0, wait: async () => undefined }
    await expect(patientDatabase(failing, edges, workPatience).batch([])).rejects.toThrow(message)
    expect(calls).toBe(1)
  })
})

describe('a call to D1 that hangs', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('fails when its time is over, and is executed later', async () => {
    await env.DB.prepare('DELETE FROM waits').run()
    const { binding, stall } = emulateDatabase(env.DB)
    const gate = aGate()
    stall(gate.wait)
    const edges = { chance: () => 0, wait: async () => undefined }
    const patient = patientDatabase(binding, edges, requestPatience)
    const outcome = expect(
      patient.prepare("INSERT INTO waits (provider, job_id) VALUES ('crun', 'late')").run(),
    ).rejects.toThrow('no response within 10000 ms')
    await vi.advanceTimersByTimeAsync(requestPatience.limitMs)
    await outcome
    gate.open()
    const count = env.DB.prepare('SELECT count(*) AS n FROM waits')
    await vi.waitUntil(async () => (await count.first('n')) === 1, { timeout: 60_000, interval: 10 })
  })

  it('leaves no timer behind when it is answered', async () => {
    const edges = { chance: () => 0, wait: async () => undefined }
    await patientDatabase(env.DB, edges, requestPatience).prepare('SELECT 1').all()
    expect(vi.getTimerCount()).toBe(0)
  })
})
