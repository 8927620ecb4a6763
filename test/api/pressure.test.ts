/** A burst of requests, a failing database, a queue that is down: no job is lost, and no caller gets a 500. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { ask } from '../support/api-call.ts'
import { bearerHeader, createApiKey } from '../support/api-keys.ts'
import { expectProblem } from '../support/problem.ts'
import { aRequest, billsFor, post, sweep, untilStatus } from '../support/reelhook.ts'
import { deadQueue, fetchWith } from '../support/runtime.ts'
import { countRows } from '../support/storage.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const databaseErrors = [
  'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
  'D1_ERROR: D1 DB is overloaded. Too many requests queued.',
  'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
  'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  'D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.',
  'D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.',
  "D1_ERROR: Can't read from request stream because client disconnected.",
  'D1_ERROR: D1 DB reset because its code was updated.',
  "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
  'Network connection lost.',
  'D1_ERROR: database is locked: SQLITE_BUSY',
]

/** D1 with failing calls: `fails` decides for each call whether it fails before or after it is done. */
function failingDatabase(
  fails: (call: number) => 'no' | 'before' | 'after',
  message = databaseErrors[0],
): D1Database {
  let calls = 0
  const tried = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1
    const when = fails(calls)
    if (when === 'before') throw new Error(message)
    const result = await work()
    if (when === 'after') throw new Error(message)
    return result
  }
  const statementOf = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        if (name === 'bind') return (...values: unknown[]) => statementOf(target.bind(...values))
        return (...parameters: unknown[]) => tried(() => value.apply(target, parameters))
      },
    })
  return {
    prepare: (sql: string) => statementOf(env.DB.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => tried(() => env.DB.batch(statements)),
  } as unknown as D1Database
}

// These tests exceed the rate limit of one key.
const unlimited: RateLimit = { limit: async () => ({ success: true }) }

function aPost(headers: Record<string, string> = {}, overrides: Record<string, unknown> = {}): Request {
  return new Request(`${publicBaseUrl}/v1/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env.ADMIN_API_KEY}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(aRequest(overrides)),
  })
}

describe('a burst of requests', () => {
  it('is accepted whole: two hundred jobs run to their end', async () => {
    const responses = await Promise.all(Array.from({ length: 200 }, () => post('/v1/jobs', aRequest())))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]))
    await vi.waitUntil(async () => (await countRows('jobs', "status = 'queued'")) === 0, { timeout: 60_000 })
    await world.advance(10_000)
    await vi.waitUntil(async () => (await countRows('jobs', "status != 'succeeded'")) === 0, {
      timeout: 60_000,
    })
    expect(world.simulator.tasks()).toHaveLength(200)
  }, 120_000)

  it('gets 202 or 503 from a failing database, and each retried job is created once', async () => {
    // Longer than a call is repeated, every call fails. Then every fifth; half of these fail after they are done.
    const DB = failingDatabase((call) =>
      call <= 160 ? 'before' : call % 5 > 0 ? 'no' : call % 2 === 0 ? 'before' : 'after',
    )
    const statuses: number[] = []
    const retryUntilAccepted = async (key: string): Promise<string> => {
      const response = await fetchWith({ DB, REQUESTS: unlimited }, aPost({ 'idempotency-key': key }))
      statuses.push(response.status)
      if (response.status === 202) return (await response.json<{ id: string }>()).id
      await expectProblem(response, 503, 'unavailable')
      return retryUntilAccepted(key)
    }
    const keys = Array.from({ length: 40 }, () => crypto.randomUUID())
    const ids = await Promise.all(keys.map(retryUntilAccepted))
    expect(new Set(statuses)).toEqual(new Set([202, 503]))
    expect(new Set(ids).size).toBe(40)
    expect(
      await countRows('jobs', 'idempotency_key IN (SELECT value FROM json_each(?))', JSON.stringify(keys)),
    ).toBe(40)
  })
})

describe('a failing database', () => {
  it.each(databaseErrors)('causes a 503 with Retry-After: %s', async (message) => {
    const DB = failingDatabase(() => 'before', message)
    const response = await fetchWith({ DB, REQUESTS: unlimited }, aPost())
    const { detail } = await expectProblem(response, 503, 'unavailable')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(detail).toContain('Idempotency-Key')
    expect(detail).not.toMatch(/D1|reset|SQLITE/)
  })

  it.each(['/v1/jobs', '/v1/jobs/job_some', '/v1/jobs/job_some/events', '/v1/deliveries?job_id=j'])(
    'causes a 503 at GET %s, also when the API key is looked up',
    async (path) => {
      const bindings = { DB: failingDatabase(() => 'before') }
      for (const key of [env.ADMIN_API_KEY, 'rh_unknown']) {
        const response = await ask(path, { headers: { authorization: `Bearer ${key}` } }, bindings)
        await expectProblem(response, 503, 'unavailable')
      }
    },
  )

  it('does not affect the response once the job is accepted', async () => {
    // The first call asks for the size of the database, the second inserts the job.
    const DB = failingDatabase((call) => (call <= 2 ? 'no' : 'before'))
    const response = await fetchWith({ DB, REQUESTS: unlimited }, aPost())
    expect(response.status).toBe(202)
  })

  it('is distinguished from an invalid statement, which causes a 500', async () => {
    const DB = failingDatabase(() => 'before', 'D1_ERROR: no such column: x at offset 7: SQLITE_ERROR')
    await expectProblem(await fetchWith({ DB, REQUESTS: unlimited }, aPost()), 500, 'internal')
  })
})

describe('a queue that is down', () => {
  it('does not affect new jobs: the sweep finds them', async () => {
    const response = await fetchWith({ JOBS: deadQueue, REQUESTS: unlimited }, aPost())
    expect(response.status).toBe(202)
    const { id } = await response.json<{ id: string }>()
    await sweep()
    await untilStatus(id, 'generating')
    expect(billsFor(id)).toHaveLength(1)
  })
})

describe('a key above the rate limit', () => {
  it('gets 429 with Retry-After, and its job is not accepted', async () => {
    const counter = { limit: async () => ({ success: false }) }
    const before = await countRows('jobs')
    const response = await fetchWith({ REQUESTS: counter }, aPost())
    await expectProblem(response, 429, 'rate_limited')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await countRows('jobs')).toBe(before)
  })

  it.each(['GET', 'POST', 'PATCH', 'DELETE'])(
    'is limited for %s without affecting other keys',
    async (method) => {
      const [greedy, other] = await Promise.all([createApiKey('greedy'), createApiKey('other')])
      const counter = { limit: async ({ key }: { key: string }) => ({ success: !key.endsWith(greedy.id) }) }
      const call = (key: typeof greedy) =>
        ask('/v1/endpoints/ep_1', { method, headers: bearerHeader(key) }, { REQUESTS: counter })
      await expectProblem(await call(greedy), 429, 'rate_limited')
      expect((await call(other)).status).not.toBe(429)
    },
  )

  it.each([
    ['REQUESTS_60', 60],
    ['REQUESTS_300', 300],
    ['REQUESTS', 1_200],
    ['REQUESTS', null],
  ])('is limited by %s alone with requests_per_minute %j', async (binding, requests_per_minute) => {
    const headers = bearerHeader(await createApiKey('a caller', { requests_per_minute }))
    const [open, closed] = [true, false].map((success) => ({ limit: async () => ({ success }) }))
    const others = { REQUESTS: closed, REQUESTS_60: closed, REQUESTS_300: closed }
    expect((await ask('/v1/endpoints', { headers }, { ...others, [binding]: open })).status).toBe(200)
    await expectProblem(await ask('/v1/endpoints', { headers }, others), 429, 'rate_limited')
  })

  it('is not limited by the requests of another deployment in the same account', async () => {
    const counts = new Map<string, number>()
    const REQUESTS: RateLimit = {
      limit: async ({ key }) => {
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return { success: counts.get(key) === 1 }
      },
    }
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
    const call = (PUBLIC_BASE_URL: string) => ask('/v1/endpoints', { headers }, { REQUESTS, PUBLIC_BASE_URL })
    expect((await call('https://first.test')).status).toBe(200)
    expect((await call('https://second.test')).status).toBe(200)
    await expectProblem(await call('https://first.test'), 429, 'rate_limited')
  })

  it('is not limited when the rate limiter is down', async () => {
    const counter = { limit: () => Promise.reject(new Error('down')) }
    expect((await fetchWith({ REQUESTS: counter }, aPost())).status).toBe(202)
  })
})
