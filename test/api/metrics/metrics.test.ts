/** GET /metrics: the numbers of the deployment, read by a parser of Prometheus's format. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { insertDeliveries } from '../../support/deliveries.ts'
import { erase } from '../../support/job-calls.ts'
import { postMany } from '../../support/limited.ts'
import { createMeteredWorker, type MeteredWorker } from '../../support/meter.ts'
import { bucketsIn, type Metrics, openMetricsOf, parseMetrics, sampleOf } from '../../support/metrics.ts'
import { emulateDatabase } from '../../support/platform/database.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, sweep, untilNotified } from '../../support/reelhook.ts'
import { fetchWith, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows, select } from '../../support/storage.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000
const hours = 60 * 60 * seconds
const plain = { accept: 'text/plain' }

beforeEach(async () => {
  await env.DB.batch(
    ['jobs', 'deliveries', 'slots', 'waits', 'counters', 'alerts', 'hosts'].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  )
  await select("DELETE FROM reconciliations WHERE name = 'totals'")
})

/** Of a Worker that has scraped nothing yet. */
async function scrape(metered: Pick<MeteredWorker, 'fetch'> = createMeteredWorker()): Promise<Metrics> {
  return parseMetrics(await metered.fetch(apiRequest('GET', '/metrics', undefined, plain)))
}

describe('the metrics', () => {
  it('count ended jobs, faults, tasks, times and costs by provider', async () => {
    await makeVideo()
    await makeVideo()
    await makeVideo({ provider: 'crun' })
    await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    const response = await createMeteredWorker().fetch(apiRequest('GET', '/metrics', undefined, plain))
    const text = await response.clone().text()
    const metrics = await parseMetrics(response)
    const ended = (provider: string, status: string) =>
      sampleOf(metrics, 'reelhook_jobs_ended_total', { provider, status })
    expect([ended('runware', 'succeeded'), ended('runware', 'failed')]).toEqual([2, 1])
    expect([ended('crun', 'succeeded'), ended('crun', 'canceled')]).toEqual([1, 0])
    // A counter that exists before its first increase shows that increase.
    expect(ended('aimlapi', 'failed')).toBe(0)
    const [failed] = metrics.get('reelhook_jobs_failed_total')?.metrics ?? []
    expect(failed).toEqual({ labels: { provider: 'runware', code: 'out_of_credit' }, value: '1' })
    const via = (name: string) =>
      sampleOf(metrics, 'reelhook_tasks_ended_total', { provider: 'runware', via: name })
    expect([via('webhook'), via('poll')]).toEqual([2, 0])
    expect(sampleOf(metrics, 'reelhook_cost_usd_total', { provider: 'runware' })).toBe(0.36)
    expect(sampleOf(metrics, 'reelhook_cost_credits_total', { provider: 'crun' })).toBe(15)
    expect(metrics.get('reelhook_job_time_to_finish_seconds')?.type).toBe('HISTOGRAM')
    const buckets = bucketsIn(text, 'reelhook_job_time_to_finish_seconds', 'runware')
    expect(buckets).toHaveLength(16)
    expect(buckets.at(-1)).toEqual(['+Inf', 2])
    expect(buckets.map(([, count]) => count)).toEqual(buckets.map(([, count]) => count).sort())
    expect(buckets.map(([end]) => Number(end.replace('+Inf', 'Infinity')))).toEqual(
      buckets.map(([end]) => Number(end.replace('+Inf', 'Infinity'))).toSorted((one, two) => one - two),
    )
  })

  it('show the open work and its age', async () => {
    const ids = await insertDeliveries(3, 'https://line.test/hook')
    await postWithoutWakeUp()
    await select('DELETE FROM deliveries WHERE id NOT IN (?, ?, ?)', ...ids)
    await select("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host', attempts = 1 WHERE 1")
    await select("UPDATE deliveries SET status = 'failed' WHERE id = (SELECT min(id) FROM deliveries)")
    await world.advance(100 * seconds)
    const metrics = await scrape()
    expect(sampleOf(metrics, 'reelhook_jobs', { provider: 'runware', status: 'queued' })).toBe(1)
    expect(sampleOf(metrics, 'reelhook_jobs_overdue')).toBe(1)
    expect(sampleOf(metrics, 'reelhook_jobs_overdue_age_seconds')).toBeCloseTo(100, 0)
    for (const state of ['pending', 'parked', 'retrying'])
      expect(sampleOf(metrics, `reelhook_deliveries_${state}`), state).toBe(2)
    expect(sampleOf(metrics, 'reelhook_deliveries_failed_4d')).toBe(1)
    expect(sampleOf(metrics, 'reelhook_deliveries_delivered_10m')).toBe(0)
    expect(sampleOf(metrics, 'reelhook_database_up', { database: '0' })).toBe(1)
    expect(sampleOf(metrics, 'reelhook_database_size_bytes', { database: '0' })).toBeGreaterThan(0)
  })

  it('show slots, budgets and alerts without a name of a key', async () => {
    const metered = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '2' })
    await postMany(metered, 5)
    await metered.drain()
    const key = await createApiKey('rich', { monthly_budget_usd: 1 })
    const month = new Date(world.edges.now()).toISOString().slice(0, 7)
    await select('INSERT INTO spending (api_key_id, month, micros) VALUES (?, ?, 850000)', key.id, month)
    await select(`INSERT INTO alerts (name, is_raised, changed_at)
      VALUES ('budget:${key.id}', 1, 0), ('webhook_loss:crun', 1, 0), ('webhook_loss:runware', 1, 0), ('stuck', 0, 0)`)
    const response = await metered.fetch(apiRequest('GET', '/metrics', undefined, plain))
    expect(await response.clone().text()).not.toContain(key.id)
    const metrics = await parseMetrics(response)
    const ofRunware = (name: string) => sampleOf(metrics, name, { provider: 'runware' })
    expect(ofRunware('reelhook_slots_limit')).toBe(2)
    expect(ofRunware('reelhook_slots_in_use')).toBe(2)
    expect(ofRunware('reelhook_jobs_waiting_for_slot')).toBe(3)
    expect(sampleOf(metrics, 'reelhook_budget_keys_nearly_used')).toBe(1)
    expect(sampleOf(metrics, 'reelhook_budget_keys_used')).toBe(0)
    expect(metrics.get('reelhook_alerts_raised')?.metrics).toEqual([
      { labels: { alert: 'budget' }, value: '1' },
      { labels: { alert: 'webhook_loss' }, value: '2' },
    ])
  })

  it('are read once by several scrapers of an isolate, for ten seconds', async () => {
    const { bindings, bill } = createMeteredWorker()
    const calls = async () => {
      const before = bill().roundTrips
      const request = apiRequest('GET', '/metrics', undefined, plain)
      const response = await fetchWith({ DB: bindings.DB ?? env.DB }, request)
      await parseMetrics(response)
      return bill().roundTrips - before
    }
    expect(await calls()).toBeGreaterThan(5)
    expect(await calls()).toBe(0)
    await world.advance(11 * seconds)
    expect(await calls()).toBeGreaterThan(5)
  })
})

describe('the format', () => {
  const typeFor = async (accept?: string) => {
    const response = await api('/metrics', accept === undefined ? {} : { headers: { accept } })
    const text = await openMetricsOf(response)
    const type = response.headers.get('content-type')
    expect(text.endsWith('\n# EOF\n')).toBe(type?.startsWith('application/openmetrics-text'))
    return type
  }
  const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  const older = 'text/plain; version=0.0.4; charset=utf-8'

  it.each([
    [undefined, openMetrics],
    ['*/*', openMetrics],
    [
      'application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      openMetrics,
    ],
    ['text/plain;version=0.0.4;q=1,*/*;q=0.1', older],
    ['text/html', openMetrics],
  ])('for Accept %s is the preferred one', async (accept, expected) => {
    expect(await typeFor(accept)).toBe(expected)
  })

  it('of OpenMetrics has each unit as the end of the name, and suffixes for counters', async () => {
    const text = await openMetricsOf(await api('/metrics'))
    expect(text).toContain('# TYPE reelhook_jobs_ended counter\n')
    expect(text).toContain('\nreelhook_jobs_ended_total{provider="runware",status="succeeded"} ')
    const units = [...text.matchAll(/^# UNIT (\w+) (\w+)$/gm)]
    expect(units.length).toBeGreaterThan(5)
    for (const [, name = '', unit] of units) expect(name.endsWith(`_${unit}`), name).toBe(true)
  })
})

describe('a key', () => {
  it('of a project gets 403, also with the scope', async () => {
    const key = await createApiKey('of a project', { scopes: ['metrics'], project: 'shop' })
    const response = await api('/metrics', { headers: bearerHeader(key) })
    const { detail } = await expectProblem(response, 403, 'forbidden')
    expect(detail).toContain('all projects')
  })

  it('without the scope gets 403, and the scope is no default', async () => {
    const key = await createApiKey('default scopes')
    await expectProblem(await api('/metrics', { headers: bearerHeader(key) }), 403, 'forbidden')
  })

  it('that is missing or wrong gets 401', async () => {
    for (const authorization of ['', 'Bearer wrong'])
      await expectProblem(await api('/metrics', { headers: { authorization } }), 401, 'unauthorized')
  })
})

describe('a database that does not respond', () => {
  const down = () => {
    const database = emulateDatabase(env.DB)
    database.loseAnswers(() => true)
    return { DB: database.binding }
  }

  it('leaves its numbers out: the rest and reelhook_database_up 0 are shown', async () => {
    const request = apiRequest('GET', '/metrics', undefined, plain)
    const metrics = await parseMetrics(await fetchWith(down(), request))
    expect(sampleOf(metrics, 'reelhook_database_up', { database: '0' })).toBe(0)
    expect(sampleOf(metrics, 'reelhook_queue_messages')).toBeGreaterThanOrEqual(0)
    // A total of the other databases would look like a counter that was reset.
    expect(metrics.has('reelhook_jobs_ended_total')).toBe(false)
    expect(metrics.has('reelhook_jobs_overdue')).toBe(false)
  })

  it('shows that it is down also to a key that cannot be checked', async () => {
    const request = apiRequest('GET', '/metrics', undefined, { ...plain, authorization: 'Bearer unknown' })
    const metrics = await parseMetrics(await fetchWith(down(), request))
    expect([...metrics.keys()].filter((name) => metrics.get(name)?.metrics.length)).toEqual([
      'reelhook_build_info',
      'reelhook_database_up',
      'reelhook_database_size_limit_bytes',
    ])
  })
})

// Last, because ids are made by the real time, which this leaves behind.
describe('a total', () => {
  it('counts an ended job also after it is erased and its counters are deleted', async () => {
    const { id } = await failVideo({ prompt: 'A paper boat sim(submit=402)' })
    await untilNotified(id)
    expect((await erase(id)).status).toBe(204)
    const failed = async () => {
      return sampleOf(await scrape(), 'reelhook_jobs_ended_total', {
        provider: 'runware',
        status: 'failed',
      })
    }
    expect(await failed()).toBe(1)
    await world.advance(40 * 24 * hours)
    for (let minutes = 0; minutes < 10; minutes++) {
      await sweep()
      await world.advance(60 * seconds)
    }
    expect(await countRows('counters')).toBe(0)
    expect(await failed()).toBe(1)
  })
})
