/** Repetitions, and errors of one kind. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/sdk/client/index.ts'
import { broken, json, lost, playing, problem } from './server.ts'

const request = { model: 'seedance-2.0-mini', prompt: 'A boat' } as const
const job = { id: 'job_1', settled_at: null, outputs: [] }

// The pauses between repetitions take no time.
let pausesMs: number[] = []
beforeEach(() => {
  pausesMs = []
  const setTimeoutNow = globalThis.setTimeout
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    pausesMs.push(ms)
    return setTimeoutNow(run, ms > 55_000 ? ms : 0)
  })
})

describe('create', () => {
  it.each([
    { name: 'no answer', trouble: lost },
    { name: 'an answer that breaks off', trouble: broken },
    { name: '429', trouble: problem(429, 'rate_limited', { 'retry-after': '3' }) },
    { name: '503', trouble: problem(503, 'unavailable', { 'retry-after': '5' }) },
    { name: '500', trouble: problem(500, 'internal') },
  ])('is repeated with the same key after $name', async ({ trouble }) => {
    const { reelhook, requests } = playing([trouble, trouble, json(job, 202)])
    expect(await reelhook.create(request)).toEqual(job)
    const keys = requests.map(({ headers }) => headers.get('idempotency-key'))
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[\da-f-]{36}$/)
  })

  it('makes another key for another call', async () => {
    const { reelhook, requests } = playing([json(job, 202)])
    await reelhook.create(request)
    await reelhook.create(request)
    await reelhook.create(request, { idempotencyKey: 'order-42' })
    const keys = requests.map(({ headers }) => headers.get('idempotency-key'))
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('order-42')
  })

  it('waits as long as Retry-After says', async () => {
    const { reelhook } = playing([problem(503, 'unavailable', { 'retry-after': '5' }), json(job, 202)])
    await reelhook.create(request)
    expect(pausesMs).toContain(5_000)
  })

  it('fails at once if Retry-After is longer than a minute', async () => {
    const { reelhook, requests } = playing([problem(429, 'rate_limited', { 'retry-after': '3600' })])
    await expect(reelhook.create(request)).rejects.toMatchObject({ status: 429, code: 'rate_limited' })
    expect(requests).toHaveLength(1)
  })

  it('gives up after five requests, and names the key', async () => {
    const { reelhook, requests } = playing([lost])
    const error = await reelhook.create(request).catch((error: unknown) => error)
    expect(requests).toHaveLength(5)
    expect(error).toMatchObject({
      name: 'ReelhookError',
      status: null,
      code: 'unreachable',
      idempotencyKey: requests[0]?.headers.get('idempotency-key'),
    })
  })

  it.each([400, 401, 402, 403, 409, 422, 507])('is not repeated after %i', async (status) => {
    const { reelhook, requests } = playing([problem(status, 'budget_exceeded')])
    await expect(reelhook.create(request)).rejects.toMatchObject({ status })
    expect(requests).toHaveLength(1)
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const { reelhook } = playing([() => Promise.reject(stop.abort(new Error('I changed my mind')))])
    await expect(reelhook.create(request, { signal: stop.signal })).rejects.toThrow('I changed my mind')
  })
})

describe('an operation that may not be repeated', () => {
  it('is sent once', async () => {
    const { reelhook, requests } = playing([lost])
    const call = reelhook.api.redeliverDelivery({ path: { id: 'dlv_1' } })
    await expect(call).rejects.toMatchObject({ code: 'unreachable' })
    expect(requests).toHaveLength(1)
  })
})

describe('an error', () => {
  it('has the fields of the problem', async () => {
    const errors = [{ path: 'duration', message: 'must be at most 15' }]
    const body = { code: 'invalid_request', detail: 'Correct the fields.', request_id: 'req_7', errors }
    const { reelhook } = playing([json(body, 422)])
    await expect(reelhook.get('job_1')).rejects.toMatchObject({
      status: 422,
      code: 'invalid_request',
      detail: 'Correct the fields.',
      errors,
      requestId: 'req_7',
      message: 'Correct the fields.\nduration must be at most 15',
    })
  })

  it('says that another server responded', async () => {
    const { reelhook } = playing([() => new Response('<h1>Not found</h1>', { status: 404 })])
    await expect(reelhook.get('job_1')).rejects.toMatchObject({
      status: 404,
      code: 'unexpected_response',
      detail: expect.stringContaining('https://reelhook.test/v1/jobs/job_1 responded with 404'),
    })
  })
})

describe('the settings', () => {
  it('come from the environment', async () => {
    vi.stubEnv('REELHOOK_URL', 'https://from.the.environment/prefix')
    vi.stubEnv('REELHOOK_API_KEY', 'rh_environment')
    const seen: Request[] = []
    const reelhook = createClient({
      headers: { 'x-team': 'blue' },
      async fetch(input, init) {
        seen.push(new Request(input, init))
        return Response.json(job)
      },
    })
    await reelhook.get('job_1')
    expect(seen[0]?.url).toBe('https://from.the.environment/prefix/v1/jobs/job_1')
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer rh_environment')
    expect(seen[0]?.headers.get('x-team')).toBe('blue')
    vi.unstubAllEnvs()
  })

  it.each([undefined, '', 'reelhook.example.com'])('need a URL, and %o is none', (baseUrl) => {
    expect(() => createClient({ baseUrl })).toThrow('REELHOOK_URL')
  })
})
