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

  it('has every call', () => {
    expect(operations.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'POST /v1/jobs',
        'GET /v1/jobs',
        'GET /v1/jobs/{id}',
        'DELETE /v1/jobs/{id}',
        'POST /v1/jobs/{id}/cancel',
        'POST /v1/jobs/{id}/retry',
        'GET /v1/jobs/{id}/events',
        'GET /v1/jobs/{id}/outputs/{n}',
        'POST /v1/jobs/{id}/links',
        'POST /v1/assets',
        'GET /v1/assets/{id}',
        'DELETE /v1/assets/{id}',
        'GET /v1/assets/{id}/content',
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
        'POST /v1/api-keys',
        'GET /v1/api-keys',
        'DELETE /v1/api-keys/{id}',
        'POST /v1/api-keys/{id}/rotate-secret',
        'GET /.well-known/webhook-keys.json',
        'POST /v1/callbacks/test',
        'GET /healthz',
        'GET /openapi.json',
      ]),
    )
  })

  it('has no call that is not there', async () => {
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

  it('asks for a bearer key everywhere but where none is needed', () => {
    expect(document.components.securitySchemes).toEqual({ apiKey: { type: 'http', scheme: 'bearer' } })
    expect(document.security).toEqual([{ apiKey: [] }])
    const open = operations.filter(([, { security }]) => security && isOpen(security)).map(([name]) => name)
    expect(open).toEqual([
      'GET /healthz',
      'GET /.well-known/webhook-keys.json',
      'GET /v1/jobs/{id}/outputs/{n}',
      'GET /v1/assets/{id}/content',
      'GET /openapi.json',
    ])
  })

  it.each(['/v1/jobs/{id}/outputs/{n}', '/v1/assets/{id}/content'])(
    'says that %s opens with a signed link instead of a key',
    (path) => {
      expect(document.paths[path]?.get?.security).toContainEqual({})
    },
  )

  it('says that an upload is the file itself, or a form with it', () => {
    const body = document.paths['/v1/assets']?.post?.requestBody
    expect(Object.keys(body?.content ?? {})).toEqual([
      'image/*',
      'video/*',
      'audio/*',
      'application/octet-stream',
      'multipart/form-data',
    ])
  })

  it('points at nothing that is not there', () => {
    const targets = [...objectsIn(document as unknown as Json)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    )
    expect(targets).toContain('#/components/schemas/Problem')
    expect(targets.filter((target) => find(target) === undefined)).toEqual([])
  })

  it('says null as 3.1 does', () => {
    const outdated = [...objectsIn(document as unknown as Json)].filter(
      ({ nullable, exclusiveMinimum }) => nullable !== undefined || typeof exclusiveMinimum === 'boolean',
    )
    expect(outdated).toEqual([])
  })
})

describe('every call', () => {
  it('says what it is for', () => {
    const silent = operations.filter(([, { summary }]) => !summary).map(([name]) => name)
    expect(silent).toEqual([])
  })

  it('declares each parameter of its path as required, and each with a schema', () => {
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

  it('describes each of its answers, and each body with a schema', () => {
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

  it('answers in trouble with a problem', () => {
    for (const [name, { responses }] of operations) {
      const troubles = Object.entries(responses).filter(([status]) => status >= '400')
      for (const [status, { content }] of troubles) {
        expect(content, `${name} ${status}`).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        })
      }
    }
  })

  it('behind a key says what comes without one', () => {
    const guarded = operations.filter(([name]) => name.includes('/v1/'))
    const silent = guarded.filter(([, { responses }]) => responses['401'] === undefined)
    expect(silent.map(([name]) => name)).toEqual([])
  })

  it('that the rate limit can stop says so, and no other', async () => {
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
