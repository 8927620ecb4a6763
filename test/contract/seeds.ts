/** The world that every request meets: of each owner a finished, a failed and a queued job, an asset, an endpoint. */
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { type LinkTarget, linkTo } from '../../src/media/signed-links.ts'
import { ask } from '../support/api-call.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith, revokeApiKey } from '../support/api-keys.ts'
import { aFile } from '../support/assets.ts'
import { callbackSecret } from '../support/caller.ts'
import { api, aRequest, passTimeUntil, post } from '../support/reelhook.ts'
import { aContext, deadQueue } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import { callerUrl, world } from '../support/world.ts'
import type { Hints } from './values.ts'

export interface Key {
  name: string
  /** The header Authorization; null: there is none. */
  authorization: string | null
  isUsable: boolean
  scopes: readonly string[]
  project: string | null
}

export interface Seeds {
  keys: Key[]
  hints: Hints
  /** Of things that exist and of things that do not, by the collection in the path. */
  ids: Record<string, string[]>
  /** The query of a signed link by its path. */
  links: { path: string; query: [name: string, value: string][] }[]
}

const unknownId = '00000000000000000000000000'
const everything = ['jobs:read', 'jobs:write', 'deliveries']

export async function plantSeeds(): Promise<Seeds> {
  const owners = [
    await createApiKey('of the shop', { project: 'shop', scopes: everything }),
    await createApiKey('of a rival', { project: 'rival', scopes: everything }),
    await createApiKey('of no project'),
  ]
  const things: Things[] = []
  for (const [n, owner] of owners.entries()) things.push(await plantFor(owner, n))
  await vi.waitUntil(async () => (await countRows('deliveries', "status = 'pending'")) === 0, {
    timeout: 60_000,
  })
  const queued = await Promise.all(owners.map(queuedJob))
  const others = await strangers()
  const single = await Promise.all(
    ['jobs:read', 'jobs:write', 'deliveries', 'admin'].map((scope) =>
      createApiKey(scope, { scopes: [scope] }),
    ),
  )
  const shopOf = await createApiKey('of the shop, read only', { project: 'shop', scopes: ['jobs:read'] })
  const deliveries = await select<{ id: string }>('SELECT id FROM deliveries ORDER BY id')
  const finished = things.flatMap(({ jobs }) => jobs)
  const jobs = [...finished, ...queued]
  const assets = things.map(({ asset }) => asset)
  const endpoints = things.map(({ endpoint }) => endpoint)
  const deliveryIds = deliveries.map(({ id }) => id)
  const apiKeys = [...owners, ...single, ...others.created].map(({ id }) => id)
  const recently = new Date(world.edges.now() - 3_600_000).toISOString()
  return {
    keys: [
      ...others.keys,
      ...owners.map((key, n) => usable(key, everything, ['shop', 'rival', null][n] ?? null)),
      ...single.map((key) => usable(key, [key.name], null)),
      usable(shopOf, ['jobs:read'], 'shop'),
      {
        name: 'the admin key',
        authorization: `Bearer ${env.ADMIN_API_KEY}`,
        isUsable: true,
        scopes: ['admin'],
        project: null,
      },
    ],
    ids: {
      jobs: [...jobs, `job_${unknownId}`],
      assets: [...assets, `asset_${unknownId}`],
      endpoints: [...endpoints, `ep_${unknownId}`],
      deliveries: [...deliveryIds, `dlv_${unknownId}`],
      'api-keys': [...apiKeys, 'admin', `key_${unknownId}`],
    },
    hints: {
      n: [0, 1],
      // The names of the files.
      name: [...jobs.map((id) => `${id}-0.mp4`), ...assets.map((id) => `${id}.png`)],
      job_id: jobs,
      endpoint_id: endpoints,
      cursor: [...jobs, ...deliveryIds],
      since: [recently],
      created_after: [recently],
      'idempotency-key': [queuedKey, 'another key'],
      callback_url: [`${callerUrl}/hook`],
      url: [`${callerUrl}/hook`],
      callback_secret: [callbackSecret],
      secret: [callbackSecret],
      first_frame: assets,
      reference_images: [assets],
      // No job of this world moves: to wait longer finds nothing more.
      wait: [1],
      prefer: ['wait=1'],
    },
    links: await linksOf(finished, assets),
  }
}

/** Keys that open nothing, each in its own way. */
async function strangers(): Promise<{ keys: Key[]; created: NewApiKey[] }> {
  const revoked = await createApiKey('revoked')
  await revokeApiKey(revoked)
  const expired = await createApiKey('expired', { expires_at: '2020-01-01T00:00:00Z' })
  const useless = { isUsable: false, scopes: [], project: null }
  return {
    created: [revoked, expired],
    keys: [
      { name: 'no key', authorization: null, ...useless },
      { name: 'another scheme', authorization: 'Basic YWRtaW46YWRtaW4=', ...useless },
      { name: 'an unknown key', authorization: `Bearer rh_${'0'.repeat(64)}`, ...useless },
      { name: 'a revoked key', ...bearerHeader(revoked), ...useless },
      { name: 'an expired key', ...bearerHeader(expired), ...useless },
    ],
  }
}

function usable(key: NewApiKey, scopes: readonly string[], project: string | null): Key {
  return { name: `a key ${key.name}`, ...bearerHeader(key), isUsable: true, scopes, project }
}

interface Things {
  jobs: string[]
  endpoint: string
  asset: string
}

async function plantFor(key: NewApiKey, n: number): Promise<Things> {
  const headers = bearerHeader(key)
  const hook = { url: `${callerUrl}/endpoint-${n}`, event_types: ['job.failed'], metadata: { n: `${n}` } }
  const endpoint = await idOf(await post('/v1/endpoints', hook, headers))
  const file = { method: 'POST', body: aFile('image/png', 1_000 + n) }
  const asset = await idOf(
    await api('/v1/assets', { ...file, headers: { ...headers, 'content-type': 'image/png' } }),
  )
  const finished = await idOf(await postJobWith(key, { metadata: { order: '42' } }))
  const failed = await idOf(await postJobWith(key, { prompt: 'A paper boat sim(submit=402)' }))
  await passTimeUntil(finished, ({ status }) => status === 'succeeded')
  await passTimeUntil(failed, ({ status }) => status === 'failed')
  return { jobs: [finished, failed], endpoint, asset }
}

/** It stays queued: its wake-up is lost, and nothing sweeps. */
async function queuedJob(key: NewApiKey): Promise<string> {
  const body = JSON.stringify(aRequest({ callback_secret: undefined }))
  const headers = { ...bearerHeader(key), 'content-type': 'application/json', 'idempotency-key': queuedKey }
  return idOf(await ask('/v1/jobs', { method: 'POST', headers, body }, { JOBS: deadQueue }))
}

const queuedKey = 'the key of a job'

async function idOf(response: Response): Promise<string> {
  expect(response.ok, await response.clone().text()).toBe(true)
  return (await response.json<{ id: string }>()).id
}

async function linksOf(jobs: string[], assets: string[]): Promise<Seeds['links']> {
  const settings = aContext().config
  const targets: LinkTarget[] = [
    ...jobs.flatMap((jobId) => [
      { jobId, n: 0 },
      { jobId, n: 0, fileName: `${jobId}-0.mp4` },
    ]),
    ...assets.map((assetId) => ({ assetId })),
  ]
  const links = await Promise.all(
    targets.map((target) => linkTo(settings, target, world.edges.now() + 3_600_000)),
  )
  return links.map(({ url }) => {
    const { pathname, searchParams } = new URL(url)
    return { path: pathname, query: [...searchParams] }
  })
}
