/** What each scope allows, on every operation of the description: a new operation fails here until it is listed. */

import { Hono } from 'hono'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ApiEnv } from '../../src/api/router.ts'
import { requireScope } from '../../src/api/scopes.ts'
import { type Caller, type Scope, scopes } from '../../src/core/access.ts'
import { bearerHeader, createApiKey, type NewApiKey } from '../support/api-keys.ts'
import { expectProblem } from '../support/problem.ts'
import { api } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'

const read = [
  'GET /v1/jobs',
  'GET /v1/jobs/{id}',
  'GET /v1/jobs/{id}/answers',
  'GET /v1/jobs/{id}/events',
  'GET /v1/jobs/{id}/outputs/{n}',
  'GET /v1/jobs/{id}/outputs/{n}/{name}',
  'GET /v1/events',
  'POST /v1/jobs/{id}/links',
  'GET /v1/assets/{id}',
  'GET /v1/assets/{id}/content',
  'GET /v1/assets/{id}/content/{name}',
  'GET /v1/stats',
  'GET /v1/stats/series',
]
const write = [
  'POST /v1/jobs',
  'POST /v1/jobs/{id}/cancel',
  'POST /v1/jobs/{id}/retry',
  'DELETE /v1/jobs/{id}',
  'POST /v1/assets',
  'DELETE /v1/assets/{id}',
]
const deliveries = [
  'GET /v1/endpoints',
  'POST /v1/endpoints',
  'GET /v1/endpoints/{id}',
  'PATCH /v1/endpoints/{id}',
  'DELETE /v1/endpoints/{id}',
  'POST /v1/endpoints/{id}/enable',
  'POST /v1/endpoints/{id}/test',
  'GET /v1/deliveries',
  'GET /v1/deliveries/{id}',
  'POST /v1/deliveries/{id}/redeliver',
  'POST /v1/deliveries/redeliver',
  'GET /v1/hosts',
  'POST /v1/callbacks/test',
  'POST /v1/api-keys/{id}/rotate-secret',
  'GET /v1/api-keys/{id}/disabled-callbacks',
  'POST /v1/api-keys/{id}/enable-callbacks',
]
const metrics = ['GET /metrics']
const admin = [
  'GET /v1/alerts',
  'POST /v1/alerts/test',
  'GET /v1/api-keys',
  'POST /v1/api-keys',
  'GET /v1/api-keys/{id}',
  'PATCH /v1/api-keys/{id}',
  'DELETE /v1/api-keys/{id}',
]
const anyScope = ['GET /v1/models', 'GET /v1/event-types', 'GET /v1/api-keys/current', 'POST /v1/estimates']
const withoutKey = [
  'GET /healthz',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/problems/{code}',
  'GET /.well-known/webhook-keys.json',
]

const allowed: Record<Scope, string[]> = {
  'jobs:read': [...read, ...anyScope],
  'jobs:write': [...write, ...anyScope],
  deliveries: [...deliveries, ...anyScope],
  metrics: [...metrics, ...anyScope],
  admin: [...read, ...write, ...deliveries, ...metrics, ...admin, ...anyScope],
}

interface Operation {
  security?: { apiKey?: string[] }[]
  responses: Record<string, { description: string }>
}

let described: Map<string, Operation>

beforeAll(async () => {
  const { paths } = await (await api('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  described = new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    ),
  )
})

function call(operation: string, key: NewApiKey): Promise<Response> {
  const [method = '', template = ''] = operation.split(' ')
  const path = template.replace('/api-keys/{id}', `/api-keys/${key.id}`).replaceAll(/\{\w+\}/g, '0')
  return api(path, { method, headers: bearerHeader(key) })
}

describe('the operations of the description', () => {
  it('are those whose scope is decided here', () => {
    expect([...described.keys()].sort()).toEqual([...allowed.admin, ...withoutKey].sort())
  })

  it('name their scope and the 403 of a key without it', () => {
    for (const [scope, operations] of Object.entries({
      'jobs:read': read,
      'jobs:write': write,
      deliveries,
      metrics,
      admin,
    }))
      for (const operation of operations) {
        const { security, responses } = described.get(operation) ?? { responses: {} }
        expect(security?.[0], operation).toEqual({ apiKey: [scope] })
        expect(responses['403']?.description, operation).toContain(scope)
      }
    for (const operation of anyScope)
      expect(described.get(operation)?.responses['403']?.description).toBe('This API key has no scope.')
  })
})

describe.each([...scopes])('a key with the scope %s alone', (scope) => {
  it('may use the operations of that scope; the refusal of any other names what is missing', async () => {
    const key = await createApiKey('one scope', { scopes: [scope] })
    const others = Object.entries({ 'jobs:read': read, 'jobs:write': write, deliveries, metrics, admin })
    for (const operation of allowed.admin) {
      // The next key is not revoked.
      if (operation === 'DELETE /v1/api-keys/{id}' && scope === 'admin') continue
      const response = await call(operation, key)
      const isAllowed = allowed[scope].includes(operation)
      expect(response.status === 403, `${operation} ${response.status}`).toBe(!isAllowed)
      const missing = others.find(([, operations]) => operations.includes(operation))?.[0]
      if (isAllowed) await response.arrayBuffer()
      else {
        const { detail } = await expectProblem(response, 403, 'forbidden')
        expect(detail).toBe(`This API key does not have the scope ${missing}.`)
      }
    }
  })

  it('may read the deep health', async () => {
    const key = await createApiKey('one scope', { scopes: [scope] })
    expect((await call('GET /healthz?deep', key)).status).toBe(200)
  })
})

describe('a key whose scopes cannot be read', () => {
  it('may do nothing', async () => {
    const key = await createApiKey('damaged')
    await select("UPDATE api_keys SET scopes = '?' WHERE id = ?", key.id)
    for (const operation of allowed.admin) expect((await call(operation, key)).status, operation).toBe(403)
  })
})

describe('a key', () => {
  it('manages its own secret and callbacks, and no other key', async () => {
    const [own, other] = [await createApiKey('own'), await createApiKey('other')]
    for (const action of ['rotate-secret', 'enable-callbacks']) {
      const init = { method: 'POST', headers: bearerHeader(own) }
      expect((await api(`/v1/api-keys/${own.id}/${action}`, init)).status).toBe(200)
      expect((await api(`/v1/api-keys/${other.id}/${action}`, init)).status).toBe(403)
    }
  })

  it('with the scope admin manages every key', async () => {
    const [own, other] = [await createApiKey('own', { scopes: ['admin'] }), await createApiKey('other')]
    const init = { method: 'POST', headers: bearerHeader(own) }
    expect((await api(`/v1/api-keys/${other.id}/rotate-secret`, init)).status).toBe(200)
    expect((await api(`/v1/api-keys/${other.id}`, { headers: bearerHeader(own) })).status).toBe(200)
  })

  it('gets 404 for a path without an operation, whatever its scopes', async () => {
    const key = await createApiKey('reader', { scopes: ['jobs:read'] })
    expect((await api('/v1/nothing', { headers: bearerHeader(key) })).status).toBe(404)
    expect((await api('/v1/jobs', { method: 'PUT', headers: bearerHeader(key) })).status).toBe(404)
  })
})

describe('an operation whose scope nobody decided', () => {
  it('requires the scope admin', async () => {
    const statusWith = async (scope: Scope) => {
      const app = new Hono<ApiEnv>()
      app.use(async (c, next) => {
        c.set('caller', { keyId: 'key_1', project: null, scopes: [scope] } as unknown as Caller)
        return next()
      })
      app.use('/v1/*', requireScope)
      app.get('/v1/forgotten', (c) => c.text('data'))
      return (await app.request('/v1/forgotten')).status
    }
    expect(await Promise.all(scopes.map(statusWith))).toEqual([403, 403, 403, 403, 200])
  })
})
