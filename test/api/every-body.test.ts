/** Every route of the description, with every kind of invalid body. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/api-call.ts'
import { api, aRequest, post } from '../support/reelhook.ts'
import { countRows } from '../support/storage.ts'

const mebibyte = 1024 * 1024
const json = { 'content-type': 'application/json' }
const nested = (depth: number) => `${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`

interface Operation {
  requestBody?: { required?: boolean; content: Record<string, unknown> }
}

interface Route {
  method: string
  path: string
  takesJson: boolean
  needsBody: boolean
}

let routes: Route[]

beforeAll(async () => {
  const response = await api('/openapi.json')
  const document = await response.json<{ paths: Record<string, Record<string, Operation>> }>()
  routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '0'),
      takesJson: requestBody?.content['application/json'] !== undefined,
      needsBody: requestBody?.required === true,
    })),
  )
})

const withoutBody = ['GET', 'HEAD']

function send({ method, path }: Route, body: BodyInit | null, headers: Record<string, string> = {}) {
  return api(path, { method, headers, body: withoutBody.includes(method) ? null : body })
}

const bodies: [string, string | null, Record<string, string>][] = [
  ['no body and no content type', null, {}],
  ['no body', null, json],
  ['an empty body', '', json],
  ['a body without a content type', '{}', { 'content-type': '' }],
  ['a form', 'model=boat', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['text', '{}', { 'content-type': 'text/plain' }],
  ['null', 'null', json],
  ['a list', '[]', json],
  ['a text in JSON', '"x"', json],
  ['a number', '1e400', json],
  ['JSON cut short', '{"model":"seed', json],
  ['an object without fields', '{}', json],
  ['JSON that nests by the thousand', nested(20_000), json],
  ['only brackets', '['.repeat(100_000), json],
  ['fields that every object inherits', '{"__proto__":{"a":1},"constructor":1,"toString":2}', json],
]

describe.each(bodies)('%s', (_, body, headers) => {
  it('causes a 500 at no route', async () => {
    for (const route of routes) {
      const response = await send(route, body, headers)
      const outcome = `${route.method} ${route.path}: ${response.status} ${await response.text()}`
      expect(response.status, outcome).toBeLessThan(500)
    }
    expect(await countRows('jobs')).toBe(0)
  })
})

describe('a route that needs JSON', () => {
  it('refuses a request without a body, and names the content type', async () => {
    for (const route of routes.filter(({ takesJson, needsBody }) => takesJson && needsBody)) {
      const response = await send(route, null)
      const { code, detail } = await response.json<{ code: string; detail: string }>()
      expect([response.status, code], `${route.method} ${route.path}`).toEqual([400, 'invalid_json'])
      expect(detail).toMatch(/Content-Type: application\/json/)
    }
  })
})

describe('a body that nests too deep', () => {
  it('is refused with its path by every route that takes JSON', async () => {
    const body = JSON.stringify({ provider_options: { crun: { x: JSON.parse(nested(40)) } } })
    for (const route of routes.filter(({ takesJson }) => takesJson)) {
      const response = await send(route, body, json)
      const { errors } = await response.json<{ errors: { path: string; message: string }[] }>()
      expect(response.status, `${route.method} ${route.path}`).toBe(422)
      expect(errors).toEqual([
        { path: 'provider_options.crun.x.x', message: 'nests more than 32 levels deep' },
      ])
    }
  })

  it('is accepted at the depth of any documented body', async () => {
    const response = await post(
      '/v1/estimates',
      aRequest({ provider_options: { runware: { acceleration: {} } } }),
    )
    expect(await response.text()).not.toMatch(/levels deep/)
  })
})

describe('a body larger than 1 MiB', () => {
  const large = `{"x":"${'x'.repeat(mebibyte)}"}`

  it.each([
    ['a Content-Length', () => large],
    ['no Content-Length', () => new Blob([large]).stream()],
  ])('is refused by every route except the upload, with %s', async (_, body) => {
    const others = routes.filter(({ method, path }) => !withoutBody.includes(method) && path !== '/v1/assets')
    for (const route of others.filter(({ path }) => path.startsWith('/v1/'))) {
      const response = await send(route, body(), json)
      const { code } = await response.json<{ code: string }>()
      expect([response.status, code], `${route.method} ${route.path}`).toEqual([413, 'too_large'])
    }
  })

  it.each([
    ['PATCH', '/v1/endpoints/ep_1'],
    ['PUT', '/v1/assets'],
    ['PATCH', '/v1/assets'],
    ['DELETE', '/v1/assets'],
    ['POST', '/v1/assets/'],
  ])('is read only up to the limit: %s %s', async (method, path) => {
    let left = 64
    const long = new ReadableStream({
      pull(controller) {
        left -= 1
        controller.enqueue(new Uint8Array(65_536))
        if (left === 0) controller.close()
      },
    })
    const init = {
      method,
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, ...json },
      body: long,
    }
    expect((await ask(path, init, {})).status).toBe(413)
    expect(left).toBeGreaterThan(32)
  })
})

describe('a body with too many entries in one list or object', () => {
  const many = Array.from({ length: 50_000 }, (_, n) => n)
  const fields = Object.fromEntries(many.map((n) => [`f${n}`, 0]))

  it.each([
    ['callback_events', { callback_events: many }],
    ['reference_images', { reference_images: many }],
    ['metadata', { metadata: fields }],
    ['provider_options.crun.x', { provider_options: { crun: { x: many } } }],
    ['', fields],
  ])('is refused with its path alone: %s', async (path, faulty) => {
    const response = await post('/v1/jobs', { ...aRequest(), ...faulty })
    const { errors } = await response.json<{ errors: unknown }>()
    expect([response.status, errors]).toEqual([422, [{ path, message: 'has more than 1000 entries' }]])
  })
})

describe('a body that breaks off', () => {
  it('is refused with 400', async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('{"model":'))
        controller.error(new Error('the connection is gone'))
      },
    })
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, ...json }
    const response = await ask('/v1/jobs', { method: 'POST', headers, body }, {})
    const { code } = await response.json<{ code: string }>()
    expect([response.status, code]).toEqual([400, 'unreadable_body'])
  })
})
