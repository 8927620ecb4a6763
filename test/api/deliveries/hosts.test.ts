/** The hosts in trouble: which are listed, in which words, for whom, and how many rows that reads. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  failuresToOpenCircuit,
  hostWaitsMs,
  streakForgottenMs,
} from '../../../src/core/schedule/deliveries.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { findTroubledLanes, maxLanesInspected } from '../../../src/store/reports/troubled-lanes.ts'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { insertDeliveries, processDeliveries } from '../../support/deliveries.ts'
import { makeEndpoint } from '../../support/endpoints.ts'
import { aHost, down, openCircuit } from '../../support/hosts.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { api, post } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

interface HostPage {
  data: { host: string; endpoint_id: string | null; api_key_id: string | null; [field: string]: unknown }[]
  disabled_callbacks: { api_key_id: string; host: string }[]
  next_cursor: string | null
}

async function list(query = '', headers: Record<string, string> = {}): Promise<HostPage> {
  const response = await api(`/v1/hosts${query}`, { headers })
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

/** A lane whose circuit is open. */
async function addLane(host: string, ownerId: string, failedAt = world.edges.now()): Promise<void> {
  await select(
    "INSERT INTO hosts (host, owner_id, failures, failing_since, failed_at, consecutive_outages, failing_paths) VALUES (?, ?, 12, ?, ?, 12, '[]')",
    host,
    ownerId,
    failedAt - 60_000,
    failedAt,
  )
}

beforeEach(async () => {
  for (const table of ['deliveries', 'hosts', 'endpoints', 'disabled_callbacks'])
    await select(`DELETE FROM ${table}`)
})

describe('a host', () => {
  it('that is down is listed with the deliveries that wait and the time of the next attempt', async () => {
    const host = aHost()
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(12, host.url))
    const { data, next_cursor } = await list()
    expect(data).toEqual([
      {
        host: host.name,
        endpoint_id: null,
        api_key_id: 'admin',
        state: 'down',
        failures: failuresToOpenCircuit,
        failing_since: expect.any(String),
        last_failure_at: expect.any(String),
        waiting_count: 12,
        next_attempt_at: new Date(world.edges.now() + hostWaitsMs[0]).toISOString(),
      },
    ])
    expect(next_cursor).toBeNull()
  })

  it('that failed once is listed as failing, without an attempt of its own', async () => {
    const host = aHost()
    host.answer(down)
    await processDeliveries(await insertDeliveries(1, host.url))
    expect((await list()).data).toMatchObject([
      { host: host.name, state: 'failing', failures: 1, waiting_count: 0, next_attempt_at: null },
    ])
  })

  it('that failed long ago, and for which nothing waits, is not listed', async () => {
    await addLane('old.test', 'admin', world.edges.now() - streakForgottenMs)
    expect((await list()).data).toEqual([])
  })

  it('that accepts its deliveries is not listed', async () => {
    const host = aHost()
    host.answer(() => new Response('ok'))
    await processDeliveries(await insertDeliveries(3, host.url))
    expect((await list()).data).toEqual([])
  })
})

describe('the list', () => {
  it('has every host once in pages, in the order of their names', async () => {
    const names = ['a.test', 'a.test.example', 'b.test', 'b.test:8443', 'c.test']
    for (const name of names) await addLane(name, 'admin')
    await addLane('b.test', 'ep_2')
    const found: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: HostPage = await list(`?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      found.push(...page.data.map(({ host, endpoint_id }) => `${host} ${endpoint_id}`))
      cursor = page.next_cursor
    }
    expect(found).toEqual([
      'a.test null',
      'a.test.example null',
      'b.test null',
      'b.test ep_2',
      'b.test:8443 null',
      'c.test null',
    ])
  })

  it('shows a key of a project the hosts of its endpoints and its keys, and no others', async () => {
    const [shop, film] = [
      await createApiKey('shop', { project: 'shop' }),
      await createApiKey('film', { project: 'film' }),
    ]
    const response = await post('/v1/endpoints', { url: 'https://shop.test/hook' }, bearerHeader(shop))
    const { id } = await response.json<{ id: string }>()
    const everywhere = await makeEndpoint('https://all.test/hook')
    for (const [host, owner] of [
      ['all.test', everywhere.id],
      ['film.test', film.id],
      ['shop.test', id],
      ['shop.test', shop.id],
    ] as const)
      await addLane(host, owner)
    for (const key of [shop, film])
      await select("INSERT INTO disabled_callbacks VALUES (?, 'old.test', 1, 2)", key.id)
    const ofShop = await list('', bearerHeader(shop))
    expect(ofShop.data).toMatchObject([
      { host: 'shop.test', endpoint_id: id },
      { host: 'shop.test', api_key_id: shop.id },
    ])
    expect(ofShop.disabled_callbacks).toMatchObject([{ api_key_id: shop.id, host: 'old.test' }])
    const ofAll = await list()
    expect(ofAll.data).toHaveLength(4)
    expect(ofAll.disabled_callbacks).toHaveLength(2)
  })

  it('adds up what several databases know of one host', async () => {
    await addLane('both.test', 'admin')
    const db = openDatabase(env.DB)
    const from = { after: null, limit: 20 }
    const { lanes } = await findTroubledLanes({ databases: [db, db] }, null, from, world.edges.now())
    expect(lanes).toMatchObject([{ host: 'both.test', failures: 24 }])
  })
})

describe('a page', () => {
  const firstPage = async () => {
    const { bindings, bill } = createMeteredWorker()
    if (bindings.DB === undefined) throw new Error('the meter has a database')
    const databases = { databases: [openDatabase(bindings.DB)] }
    const page = await findTroubledLanes(databases, null, { after: null, limit: 20 }, world.edges.now())
    return { page, read: bill().rowsRead }
  }

  it.each([600, 60_000])(
    'of %i hosts that failed long ago reads a limited number, and leads on',
    async (count) => {
      await select(
        `INSERT INTO hosts (host, owner_id, failures, failing_since, failed_at, consecutive_outages, failing_paths)
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
      SELECT printf('host-%06d.test', n), 'admin', 1, 1, 1, 1, '[]' FROM numbers`,
      )
      const { page, read } = await firstPage()
      expect(page).toEqual({
        lanes: [],
        next: { host: `host-000${maxLanesInspected}.test`, ownerId: 'admin' },
      })
      expect(read).toBeLessThanOrEqual(maxLanesInspected)
    },
  )

  it('counts the deliveries that wait through their index', async () => {
    const host = aHost()
    await openCircuit(host)
    await processDeliveries(await insertDeliveries(30, host.url))
    const { page, read } = await firstPage()
    expect(page.lanes).toMatchObject([{ waiting: 30 }])
    expect(read).toBeLessThanOrEqual(40)
  })
})
