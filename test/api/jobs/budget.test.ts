/** A monthly budget is reserved before anything is spent, and corrected by what a job has cost. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from '../../support/api-keys.ts'
import { acceptedWith, budgetOf, jobUsd, keyWithBudget, refusedWith, spentBy } from '../../support/budget.ts'
import { canceled, erase, retry } from '../../support/job-calls.ts'
import { untilMonthStarts } from '../../support/minutes.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, getJob, post, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { aGate, fetchWith, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

beforeAll(untilMonthStarts)

describe('a key with a budget', () => {
  it('reserves the estimate of a job, and counts its actual cost after its end', async () => {
    const key = await keyWithBudget(1)
    const { id } = await acceptedWith(key)
    expect(await budgetOf(key)).toMatchObject({ spent_usd: jobUsd, remaining_usd: 0.82 })
    await finish(id)
    const { cost } = await untilStatus(id, 'succeeded')
    expect(cost?.amount_usd).toBeGreaterThan(0)
    await vi.waitFor(async () => expect(await spentBy(key)).toBe(cost?.amount_usd), 60_000)
    expect(await countRows('reservations', 'api_key_id = ?', key.id)).toBe(0)
  })

  it('is shown with what it has used, alone and in the list', async () => {
    const key = await keyWithBudget(1)
    await acceptedWith(key)
    const shown = { id: key.id, monthly_budget_usd: 1, spent_usd: jobUsd }
    expect(await (await api(`/v1/api-keys/${key.id}`)).json()).toMatchObject(shown)
    const { data } = await (await api('/v1/api-keys')).json<{ data: { id: string }[] }>()
    expect(data.find(({ id }) => id === key.id)).toMatchObject(shown)
  })

  it('may spend all of it, and not more: the refusal has the numbers, and nothing is inserted or bought', async () => {
    const key = await keyWithBudget(2 * jobUsd)
    await acceptedWith(key)
    await acceptedWith(key)
    const before = [await countRows('jobs'), await countRows('reservations')]
    const { detail, budget } = await refusedWith(key)
    const now = new Date(world.edges.now())
    const monthEnd = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString()
    expect(budget).toEqual({
      monthly_budget_usd: 0.36,
      spent_usd: 0.36,
      remaining_usd: 0,
      month_ends_at: monthEnd,
      job_usd: jobUsd,
    })
    for (const part of ['$0.18', '$0.36', '$0 remains', monthEnd]) expect(detail).toContain(part)
    expect([await countRows('jobs'), await countRows('reservations')]).toEqual(before)
  })

  it('begins anew with the month', async () => {
    const key = await keyWithBudget(jobUsd)
    await acceptedWith(key)
    const { budget } = await refusedWith(key)
    await world.advance(Date.parse(budget.month_ends_at) - world.edges.now())
    expect(await spentBy(key)).toBe(0)
    await acceptedWith(key)
  })

  it('gets no job at all with a budget of zero', async () => {
    expect((await refusedWith(await keyWithBudget(0))).budget.remaining_usd).toBe(0)
  })

  it('does not count the jobs of other keys', async () => {
    const [one, two] = [await keyWithBudget(jobUsd), await keyWithBudget(jobUsd)]
    await acceptedWith(one)
    await acceptedWith(two)
  })

  it('may have a larger one later', async () => {
    const key = await keyWithBudget(jobUsd)
    await acceptedWith(key)
    await refusedWith(key)
    const body = JSON.stringify({ monthly_budget_usd: 2 * jobUsd })
    const headers = { 'content-type': 'application/json' }
    const changed = await api(`/v1/api-keys/${key.id}`, { method: 'PATCH', headers, body })
    expect(await changed.json()).toMatchObject({ spent_usd: jobUsd, monthly_budget_usd: 2 * jobUsd })
    await acceptedWith(key)
  })
})

describe('a budget at the same moment', () => {
  it('accepts exactly as many of forty posts as it has room for', async () => {
    const key = await keyWithBudget(7 * jobUsd)
    const responses = await Promise.all(Array.from({ length: 40 }, () => postJobWith(key)))
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 202)).toHaveLength(7)
    expect(statuses.filter((status) => status === 402)).toHaveLength(33)
    expect(await countRows('jobs', 'api_key_id = ?', key.id)).toBe(7)
  })

  it('reserves once for ten posts with one Idempotency-Key', async () => {
    const key = await keyWithBudget(10 * jobUsd)
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const responses = await Promise.all(Array.from({ length: 10 }, () => postJobWith(key, {}, headers)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]))
    expect(await spentBy(key)).toBe(jobUsd)
  })
})

describe('a repeated post with an Idempotency-Key', () => {
  it('returns its job and reserves nothing, even when nothing is left', async () => {
    const key = await keyWithBudget(jobUsd)
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const { id } = await acceptedWith(key, {}, headers)
    expect((await acceptedWith(key, {}, headers)).id).toBe(id)
    expect(await spentBy(key)).toBe(jobUsd)
    await refusedWith(key)
  })
})

describe('a repeated post whose first post has reserved all that is left', () => {
  /** The first post stops before this commit: the reservation, then the insert. */
  async function beforeTheInsert(repeat: (key: NewApiKey, headers: Record<string, string>) => Promise<void>) {
    const key = await keyWithBudget(jobUsd)
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const [reached, gate] = [aGate(), aGate()]
    const DB = new Proxy(env.DB, {
      get(database, name) {
        const value = Reflect.get(database, name)
        if (name !== 'batch') return typeof value === 'function' ? value.bind(database) : value
        return async (statements: D1PreparedStatement[]) => {
          if (await isReserved(key)) {
            reached.open()
            await gate.wait
          }
          return database.batch(statements)
        }
      },
    })
    const body = aRequest({ callback_secret: undefined })
    const first = fetchWith(
      { DB },
      apiRequest('POST', '/v1/jobs', body, { ...bearerHeader(key), ...headers }),
    )
    await reached.wait
    await repeat(key, headers)
    gate.open()
    expect((await first).status).toBe(202)
    return { key, headers, id: (await (await first).json<{ id: string }>()).id }
  }

  const isReserved = async ({ id }: NewApiKey) => (await countRows('reservations', 'api_key_id = ?', id)) > 0

  it('is asked to come again while that job is not inserted, and then gets it', async () => {
    const { key, headers, id } = await beforeTheInsert(async (caller, sameKey) => {
      const response = await postJobWith(caller, {}, sameKey)
      expect(response.headers.get('retry-after')).not.toBeNull()
      await expectProblem(response, 503, 'unavailable')
    })
    expect((await acceptedWith(key, {}, headers)).id).toBe(id)
  })

  it('is refused for its budget if it has no Idempotency-Key', async () => {
    await beforeTheInsert(async (key) => {
      await refusedWith(key)
    })
  })

  it('is refused for its budget if that reservation is older than a minute, or its job is inserted', async () => {
    const { key } = await beforeTheInsert(async (caller, sameKey) => {
      await world.advance(60_000)
      await expectProblem(await postJobWith(caller, {}, sameKey), 402, 'budget_exceeded')
    })
    const other = { 'idempotency-key': crypto.randomUUID() }
    await expectProblem(await postJobWith(key, {}, other), 402, 'budget_exceeded')
    const fresh = await keyWithBudget(jobUsd)
    await acceptedWith(fresh)
    await expectProblem(await postJobWith(fresh, {}, other), 402, 'budget_exceeded')
  })
})

describe('what is reserved', () => {
  it('is the largest estimate of the providers that may be tried', async () => {
    const key = await keyWithBudget(1)
    await acceptedWith(key, { provider: ['aimlapi', 'runware'] })
    expect(await spentBy(key)).toBe(jobUsd)
  })

  it('is for all videos of the job, and twice that with resubmit_unknown', async () => {
    const key = await keyWithBudget(1)
    await acceptedWith(key, { count: 2, resubmit_unknown: true })
    expect(await spentBy(key)).toBe(4 * jobUsd)
  })

  it('is nothing for a provider without a price in US dollars: it is refused, with the field and the reason', async () => {
    const key = await keyWithBudget(1)
    const response = await postJobWith(key, { provider: ['crun', 'scenario'], max_cost_usd: 1 })
    const problem = await expectProblem(response, 422, 'no_provider')
    expect(pathsOf(problem)).toEqual(['max_cost_usd', 'monthly_budget_usd'])
    expect(problem.errors?.map(({ message }) => message)).toContain(
      'crun: the API key has a budget, and its price is in credits, and this deployment does not set what a credit costs',
    )
    const estimates = await post('/v1/estimates', aRequest({ provider: 'crun' }), bearerHeader(key))
    expect(await estimates.json()).toMatchObject({ data: [{ provider: 'crun', eligible: false }] })
    expect((await acceptedWith(key, { provider: 'auto' })).provider).toBe('runware')
    // That of the dearest provider which may make it: fal.
    expect(await spentBy(key)).toBe(0.3605)
  })

  it('is nothing for a key without a budget', async () => {
    const before = [await countRows('reservations'), await countRows('spending')]
    await acceptedWith(await createApiKey())
    expect([await countRows('reservations'), await countRows('spending')]).toEqual(before)
  })
})

describe('after its end', () => {
  it('a job that bought nothing has cost nothing', async () => {
    const key = await keyWithBudget(1)
    const { id } = await acceptedWith(key, { prompt: 'A paper boat sim(submit=402)' })
    await untilStatus(id, 'failed')
    await vi.waitFor(async () => expect(await spentBy(key)).toBe(0), 60_000)
  })

  it('a job that was canceled before its submission has cost nothing', async () => {
    const key = await keyWithBudget(1)
    const { id } = await postWithoutWakeUp({ callback_secret: undefined }, bearerHeader(key))
    expect(await spentBy(key)).toBe(jobUsd)
    await canceled(id)
    expect(await spentBy(key)).toBe(0)
  })

  it('a job that was canceled while a provider had it counts with its estimate', async () => {
    const key = await keyWithBudget(1)
    const { id } = await acceptedWith(key)
    await untilSubmitted(id)
    await canceled(id)
    expect(await getJob(id)).toMatchObject({ cost: null, cancellation: { may_still_be_billed: true } })
    expect(await spentBy(key)).toBe(jobUsd)
    expect(await countRows('reservations', 'api_key_id = ?', key.id)).toBe(0)
  })

  it('a retry reserves as a new job does', async () => {
    const key = await keyWithBudget(2 * jobUsd)
    const { id } = await acceptedWith(key, { prompt: 'A paper boat sim(submit=402)' })
    await untilStatus(id, 'failed')
    await vi.waitFor(async () => expect(await spentBy(key)).toBe(0), 60_000)
    expect((await retry(id, bearerHeader(key))).status).toBe(202)
    await acceptedWith(key)
    await expectProblem(await retry(id, bearerHeader(key)), 402, 'budget_exceeded')
  })

  it('its erasure does not give the money back', async () => {
    const key = await keyWithBudget(1)
    const { id } = await acceptedWith(key)
    await finish(id)
    const { cost } = await untilStatus(id, 'succeeded')
    await vi.waitFor(async () => expect((await erase(id, '?force=true')).status).toBe(204), 60_000)
    expect(await spentBy(key)).toBe(cost?.amount_usd)
  })
})
