/** For a key of another project nothing of this project exists, on any operation of the description. */
import { beforeAll, describe, expect, it } from 'vitest'
import { bearerHeader, type NewApiKey, postJobWith } from '../support/api-keys.ts'
import { expectProblem } from '../support/problem.ts'
import {
  aKeyOf,
  callOperation,
  everyOperation,
  makeRows,
  marker,
  type Operation,
  type ProjectRows,
} from '../support/projects.ts'
import { api, post } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { callerUrl } from '../support/world.ts'

const fillTimeoutMs = 60_000

let operations: Operation[]
let owner: NewApiKey
let stranger: NewApiKey
let rows: ProjectRows

beforeAll(async () => {
  // What changes or deletes rows comes last, so that one leak hides no other.
  const order = ['GET', 'PATCH', 'POST', 'DELETE']
  operations = (await everyOperation())
    .filter(({ path }) => path.startsWith('/v1/'))
    .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method))
  owner = await aKeyOf('shop')
  stranger = await aKeyOf('film')
  rows = await makeRows(owner)
}, fillTimeoutMs)

/** The ids by which a path with an id can name a row of the project. An operation on other rows fails here. */
function idsFor(path: string): { real: string[]; missing: string } {
  const zeros = '0'.repeat(26)
  const [, , group] = path.split('/')
  switch (group) {
    case 'jobs':
      return { real: Object.values(rows.jobs), missing: `job_${zeros}` }
    case 'assets':
      return { real: Object.values(rows.assets), missing: `asset_${zeros}` }
    case 'endpoints':
      return { real: [rows.endpoint], missing: `ep_${zeros}` }
    case 'deliveries':
      return { real: rows.deliveries, missing: `dlv_${zeros}` }
    case 'api-keys':
      return { real: [owner.id], missing: `key_${zeros}` }
    default:
      throw new Error(`which rows does ${path} name?`)
  }
}

async function answer(operation: Operation, id: string, key: NewApiKey) {
  const path = operation.path
    .replace('{id}', id)
    .replace('{name}', fileNameOf(id))
    .replaceAll(/\{\w+\}/g, '0')
  const response = await callOperation(operation, path, key)
  // Some of these are files.
  const body = new TextDecoder().decode(await response.arrayBuffer())
  const text = body.replaceAll(/"request_id":"[^"]*"/g, '').replaceAll(id, '…')
  return { status: response.status, text }
}

/** As in the links to the files of the rows. */
function fileNameOf(id: string): string {
  if (id.startsWith('job_')) return `${id}-0.mp4`
  return id === rows.assets.uploaded ? `${marker}.png` : `${id}.png`
}

async function everyRow() {
  const tables = ['jobs', 'tasks', 'outputs', 'events', 'deliveries', 'assets', 'endpoints', 'api_keys']
  const read = await Promise.all(tables.map((table) => select(`SELECT * FROM ${table} ORDER BY 1, 2`)))
  // The use of a key is written beside the responses.
  return read.map((all) => all.map(({ last_used_at: _, ...row }: Record<string, unknown>) => row))
}

const everyId = () => [
  ...Object.values(rows.jobs),
  ...Object.values(rows.assets),
  ...rows.deliveries,
  rows.endpoint,
]

describe("a stranger's key", () => {
  it('gets the same response for a row of another project as for one that does not exist', async () => {
    const before = await everyRow()
    const leaks: string[] = []
    for (const operation of operations.filter(({ path }) => path.includes('{id}'))) {
      const { real, missing } = idsFor(operation.path)
      for (const id of real) {
        const [foreign, absent] = [
          await answer(operation, id, stranger),
          await answer(operation, missing, stranger),
        ]
        const isIdempotent = operation.name === 'DELETE /v1/assets/{id}'
        const isOfKeys = operation.path.startsWith('/v1/api-keys/')
        const status = isIdempotent ? 204 : isOfKeys ? 403 : 404
        if (foreign.status !== status || foreign.text !== absent.text)
          leaks.push(`${operation.name} ${id}: ${foreign.status}`)
      }
    }
    expect(leaks).toEqual([])
    expect(await everyRow()).toEqual(before)
  })

  it('gets nothing of another project from the operations without an id', async () => {
    const leaks: string[] = []
    for (const operation of operations.filter(({ path }) => !path.includes('{'))) {
      const text = await (await callOperation(operation, operation.path, stranger)).text()
      if ([marker, ...everyId()].some((secret) => text.includes(secret))) leaks.push(operation.name)
    }
    expect(leaks).toEqual([])
  })

  it('finds nothing by the ids of another project', async () => {
    for (const query of [
      `job_id=${rows.jobs.made}`,
      `endpoint_id=${rows.endpoint}`,
      'status=delivered',
      'event_type=job.failed',
    ]) {
      const response = await api(`/v1/deliveries?${query}`, { headers: bearerHeader(stranger) })
      expect(await response.json()).toEqual({ data: [], next_cursor: null })
    }
    const filter = { since: '2020-01-01T00:00:00Z', status: 'delivered', endpoint_id: rows.endpoint }
    const redelivery = await post('/v1/deliveries/redeliver', filter, bearerHeader(stranger))
    expect(await redelivery.json()).toEqual({ redelivered: 0, data: [], next_cursor: null })
  })

  it('cannot use an asset of another project: the fault is that of one that does not exist', async () => {
    const faultOf = async (path: string, id: string) => {
      const body = { model: 'seedance-2.0-mini', provider: 'runware', first_frame: id }
      return (await expectProblem(await post(path, body, bearerHeader(stranger)), 422, 'invalid_request'))
        .errors
    }
    for (const path of ['/v1/jobs', '/v1/estimates'])
      expect(await faultOf(path, rows.assets.uploaded)).toEqual(
        await faultOf(path, `asset_${'0'.repeat(26)}`),
      )
  })
})

describe('another key of the project', () => {
  it('sees and uses its rows', async () => {
    const sibling = await aKeyOf('shop')
    const readable = operations.filter(
      ({ method, path }) => method === 'GET' && !/\/(?:api-keys|alerts)/.test(path),
    )
    for (const operation of readable) {
      if (!operation.path.includes('{')) {
        const response = await callOperation(operation, operation.path, sibling)
        expect(response.status, operation.name).toBe(200)
        await response.arrayBuffer()
        continue
      }
      const { real } = idsFor(operation.path)
      for (const id of real) {
        const { status } = await answer(operation, id, sibling)
        const hasFile = id === rows.jobs.made || !operation.path.includes('/outputs/')
        expect(status, `${operation.name} ${id}`).toBe(hasFile ? 200 : 404)
      }
    }
    const used = await postJobWith(sibling, { first_frame: rows.assets.uploaded })
    expect(used.status, await used.clone().text()).toBe(202)
  })
})

describe('a key without a project', () => {
  it('sees the rows of every project', async () => {
    const everywhere = await aKeyOf(null)
    for (const path of [
      `/v1/jobs/${rows.jobs.made}`,
      `/v1/assets/${rows.assets.uploaded}`,
      `/v1/endpoints/${rows.endpoint}`,
      `/v1/deliveries/${rows.deliveries[0]}`,
    ])
      expect((await api(path, { headers: bearerHeader(everywhere) })).status, path).toBe(200)
  })

  it('retries a job of a project as its own: the project does not see the new job', async () => {
    const everywhere = await aKeyOf(null)
    const init = { method: 'POST', headers: bearerHeader(everywhere) }
    const retried = await api(`/v1/jobs/${rows.jobs.failed}/retry`, init)
    const { id } = await retried.json<{ id: string }>()
    expect((await api(`/v1/jobs/${id}`, { headers: bearerHeader(owner) })).status).toBe(404)
    expect((await api(`/v1/jobs/${id}`, { headers: bearerHeader(everywhere) })).status).toBe(200)
  })
})

describe('an endpoint', () => {
  const aBody = (path: string) => ({ url: `${callerUrl}/${path}` })

  it('of one project takes no place of another', async () => {
    await select(`INSERT INTO endpoints (id, url, host, path, event_types, metadata, secret, created_at, project)
      WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50)
      SELECT 'ep_many_' || n, 'https://many.test/', 'many.test', '/', '[]', '{}', '', 1, 'many' FROM numbers`)
    const full = await aKeyOf('many')
    await expectProblem(await post('/v1/endpoints', aBody('51'), bearerHeader(full)), 409, 'limit_reached')
    for (const key of [await aKeyOf('few'), await aKeyOf(null)])
      expect((await post('/v1/endpoints', aBody('1'), bearerHeader(key))).status).toBe(201)
  })

  it('without a project receives the events of a project, which does not see those deliveries', async () => {
    const all = await post('/v1/endpoints', { ...aBody('all'), event_types: ['job.failed'] })
    const { id } = await all.json<{ id: string }>()
    const { jobs } = await makeRows(await aKeyOf('news'))
    const seenBy = async (headers: Record<string, string>) =>
      (await api(`/v1/deliveries?job_id=${jobs.failed}`, { headers }))
        .json<{ data: { endpoint_id: string | null }[] }>()
        .then(({ data }) => data.map(({ endpoint_id }) => endpoint_id))
    expect(await seenBy({})).toContain(id)
    expect(await seenBy(bearerHeader(await aKeyOf('news')))).not.toContain(id)
  })
})

describe('the statistics', () => {
  it('of a key of a project count its jobs only, and show nothing of the deployment', async () => {
    const statsOf = async (key: NewApiKey) => {
      const response = await api('/v1/stats', { headers: bearerHeader(key) })
      return response.json<{ jobs_counted: number; now: Record<string, unknown> }>()
    }
    const [ofShop, ofNobody, ofAll] = [
      await statsOf(owner),
      await statsOf(await aKeyOf('nobody')),
      await statsOf(await aKeyOf(null)),
    ]
    expect(ofShop.jobs_counted).toBeGreaterThanOrEqual(3)
    expect(ofNobody.jobs_counted).toBe(0)
    expect(ofAll.jobs_counted).toBeGreaterThan(ofShop.jobs_counted)
    expect(ofShop.now).toMatchObject({ slots: [], database: null, storage: null })
    expect(ofAll.now).toMatchObject({ database: { bytes: expect.any(Number) } })
  })
})

describe('the deep health', () => {
  it('shows a key of a project the states and no number of other projects', async () => {
    const checksOf = async (key: NewApiKey) => {
      const response = await api('/healthz?deep', { headers: bearerHeader(key) })
      return (await response.json<{ checks: Record<string, unknown> }>()).checks
    }
    expect(await checksOf(owner)).toMatchObject({
      database: { latency_ms: expect.any(Number) },
      database_size: { status: 'ok', size: null },
      jobs: { overdue: null },
      purges: { waiting: null },
    })
    expect(await checksOf(await aKeyOf(null))).toMatchObject({ jobs: { overdue: expect.any(Number) } })
  })
})
