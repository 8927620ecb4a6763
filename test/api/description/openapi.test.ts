import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { api } from '../../support/reelhook.ts'
import { fetchWith } from '../../support/runtime.ts'
import { publicBaseUrl } from '../../support/world.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Fields = { [key: string]: Json }

interface Operation {
  summary?: string
  parameters?: { name: string; in: string; required?: boolean; schema?: Fields }[]
  requestBody?: { required?: boolean; content: Record<string, { schema?: Fields }> }
  responses: Record<string, { description?: string; content?: Record<string, { schema?: Fields }> }>
  security?: Record<string, string[]>[]
}

interface Document {
  openapi: string
  info: { title: string; version: string }
  security: Record<string, string[]>[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Fields>; securitySchemes: Record<string, Fields> }
}

let document: Document
let operations: [string, Operation][]

beforeAll(async () => {
  document = await (await api('/openapi.json', { headers: { authorization: '' } })).json()
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
})

/** Every object inside a value, itself included. */
function* objectsIn(value: Json): Generator<Fields> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value
  for (const inner of Object.values(value)) yield* objectsIn(inner)
}

function find(pointer: string): unknown {
  return pointer
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document)
}

const isOpen = (security: object[]) =>
  security.length === 0 || security.some((need) => Object.keys(need).length === 0)

describe('the description of the API', () => {
  it('is OpenAPI 3.1 with a title and a version', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info).toMatchObject({ title: 'Reelhook', version: expect.stringMatching(/./) })
  })

  it('has every operation', () => {
    expect(operations.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'POST /v1/jobs',
        'GET /v1/jobs',
        'GET /v1/jobs/{id}',
        'DELETE /v1/jobs/{id}',
        'POST /v1/jobs/{id}/cancel',
        'POST /v1/jobs/{id}/retry',
        'GET /v1/jobs/{id}/answers',
        'GET /v1/jobs/{id}/events',
        'GET /v1/jobs/{id}/outputs/{n}',
        'GET /v1/jobs/{id}/outputs/{n}/{name}',
        'POST /v1/jobs/{id}/links',
        'POST /v1/assets',
        'GET /v1/assets/{id}',
        'DELETE /v1/assets/{id}',
        'GET /v1/assets/{id}/content',
        'GET /v1/assets/{id}/content/{name}',
        'GET /v1/deliveries',
        'GET /v1/deliveries/{id}',
        'POST /v1/deliveries/{id}/redeliver',
        'POST /v1/deliveries/redeliver',
        'POST /v1/endpoints',
        'GET /v1/endpoints',
        'GET /v1/endpoints/{id}',
        'PATCH /v1/endpoints/{id}',
        'DELETE /v1/endpoints/{id}',
        'POST /v1/endpoints/{id}/enable',
        'GET /v1/api-keys/{id}/disabled-callbacks',
        'POST /v1/api-keys/{id}/enable-callbacks',
        'GET /v1/stats',
        'GET /metrics',
        'POST /v1/api-keys',
        'GET /v1/api-keys',
        'DELETE /v1/api-keys/{id}',
        'POST /v1/api-keys/{id}/rotate-secret',
        'GET /.well-known/webhook-keys.json',
        'POST /v1/callbacks/test',
        'GET /healthz',
        'GET /openapi.json',
        'GET /docs',
        'GET /docs/problems/{code}',
      ]),
    )
  })

  it('has no operation that does not exist', async () => {
    for (const [name] of operations) {
      const [method = '', path = ''] = name.split(' ')
      const response = await api(path.replaceAll(/\{\w+\}/g, '0'), { method })
      const { detail } = await response
        .clone()
        .json<{ detail?: string }>()
        .catch(() => ({ detail: '' }))
      expect(detail ?? '', name).not.toMatch(/^There is nothing at/)
    }
  })

  it('requires a bearer key for every operation except the open ones', () => {
    expect(document.components.securitySchemes).toEqual({ apiKey: { type: 'http', scheme: 'bearer' } })
    expect(document.security).toEqual([{ apiKey: [] }])
    const open = operations.filter(([, { security }]) => security && isOpen(security)).map(([name]) => name)
    expect(open).toEqual([
      'GET /healthz',
      'GET /.well-known/webhook-keys.json',
      'GET /v1/jobs/{id}/outputs/{n}',
      'GET /v1/jobs/{id}/outputs/{n}/{name}',
      'GET /v1/assets/{id}/content',
      'GET /v1/assets/{id}/content/{name}',
      'GET /openapi.json',
      'GET /docs',
      'GET /docs/problems/{code}',
    ])
  })

  it.each(['/v1/jobs/{id}/outputs/{n}/{name}', '/v1/assets/{id}/content/{name}'])(
    'allows %s without a key, for a signed link',
    (path) => {
      expect(document.paths[path]?.get?.security).toContainEqual({})
    },
  )

  it('allows an upload as the file or as a form', () => {
    const body = document.paths['/v1/assets']?.post?.requestBody
    expect(Object.keys(body?.content ?? {})).toEqual([
      'image/*',
      'video/*',
      'audio/*',
      'application/octet-stream',
      'multipart/form-data',
    ])
  })

  it('has no broken reference', () => {
    const targets = [...objectsIn(document as unknown as Json)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    )
    expect(targets).toContain('#/components/schemas/Problem')
    expect(targets.filter((target) => find(target) === undefined)).toEqual([])
  })

  it('describes null in the way of OpenAPI 3.1', () => {
    const outdated = [...objectsIn(document as unknown as Json)].filter(
      ({ nullable, exclusiveMinimum }) => nullable !== undefined || typeof exclusiveMinimum === 'boolean',
    )
    expect(outdated).toEqual([])
  })
})

describe('every operation', () => {
  it('has a summary', () => {
    const undescribed = operations.filter(([, { summary }]) => !summary).map(([name]) => name)
    expect(undescribed).toEqual([])
  })

  it('declares each parameter of its path as required, with a schema', () => {
    for (const [name, { parameters = [] }] of operations) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      const declared = parameters.filter((parameter) => parameter.in === 'path')
      expect(declared.map((parameter) => parameter.name).sort(), name).toEqual(inPath.sort())
      expect(
        declared.every(({ required }) => required),
        name,
      ).toBe(true)
      expect(
        parameters.every(({ schema }) => schema !== undefined),
        name,
      ).toBe(true)
    }
  })

  it('describes each response, and each body with a schema', () => {
    for (const [name, { responses }] of operations) {
      expect(Object.keys(responses).length, name).toBeGreaterThan(0)
      for (const [status, { description, content = {} }] of Object.entries(responses)) {
        expect(status, name).toMatch(/^[1-5]\d\d$/)
        expect(description, name).toMatch(/./)
        expect(
          Object.values(content).every(({ schema }) => schema !== undefined),
          name,
        ).toBe(true)
      }
    }
  })

  it('returns each error as a problem', () => {
    for (const [name, { responses }] of operations) {
      const errors = Object.entries(responses).filter(([status]) => status >= '400')
      for (const [status, { content }] of errors) {
        expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual(['application/problem+json'])
        const { schema } = content?.['application/problem+json'] ?? {}
        expect(schema, `${name} ${status}`).toEqual({ $ref: '#/components/schemas/Problem' })
      }
    }
  })

  it('that requires a key describes its 401', () => {
    const guarded = operations.filter(([name]) => name.includes('/v1/'))
    const undescribed = guarded.filter(([, { responses }]) => responses['401'] === undefined)
    expect(undescribed.map(([name]) => name)).toEqual([])
  })

  it('describes a 429 exactly if the rate limit applies to it', async () => {
    const limited = async ([name]: [string, Operation]) => {
      const [method = '', path = ''] = name.split(' ')
      const url = `${publicBaseUrl}${path.replaceAll(/\{\w+\}/g, '0')}`
      const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
      const REQUESTS = { limit: async () => ({ success: false }) }
      return (await fetchWith({ REQUESTS }, new Request(url, { method, headers }))).status === 429
    }
    for (const operation of operations) {
      const [name, { responses }] = operation
      expect(responses['429'] !== undefined, name).toBe(await limited(operation))
    }
  })
})
