/** Which text is accepted: on every route, in every field, as bytes on the wire. */
import { describe, expect, it } from 'vitest'
import { aFile, bytesIn } from '../support/assets.ts'
import { changeEndpoint, makeEndpoint } from '../support/endpoints.ts'
import { expectProblem, pathsOf } from '../support/problem.ts'
import { api, aRequest, post } from '../support/reelhook.ts'

interface Operation {
  requestBody?: { content?: Record<string, unknown> }
}

/** Every route with a JSON body in the description. */
async function jsonRoutes(): Promise<{ method: string; path: string }[]> {
  const { paths } = await (await api('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) =>
      requestBody?.content?.['application/json'] === undefined
        ? []
        : [{ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'none') }],
    ),
  )
}

const headers = { 'content-type': 'application/json' }

async function pathsRefused(overrides: Record<string, unknown>): Promise<string[]> {
  return pathsOf(await expectProblem(await post('/v1/jobs', aRequest(overrides)), 422, 'invalid_request'))
}

describe('every route that takes JSON', () => {
  it('refuses control characters, lone surrogates and __proto__, each with its path', async () => {
    const routes = await jsonRoutes()
    expect(routes.length).toBeGreaterThan(5)
    for (const { method, path } of routes) {
      const body = '{"note":"a\\u0000b","half":["\\ud83d"],"__proto__":"x","a\\u0007":1}'
      const response = await api(path, { method, headers, body })
      const problem = await expectProblem(response, 422, 'invalid_request')
      expect(pathsOf(problem), path).toEqual(
        expect.arrayContaining(['note', 'half.0', '__proto__', 'a\u0007']),
      )
    }
  })

  it('refuses bytes that are not UTF-8, with their path', async () => {
    for (const { method, path } of await jsonRoutes()) {
      for (const bad of ['\xff', '\xc3', '\xed\xa0\x80', '\xc0\x80', '\xf5\x80\x80\x80']) {
        const body = bytesIn(`{"note":{"deep":"caf${bad}"}}`)
        const problem = await expectProblem(
          await api(path, { method, headers, body }),
          422,
          'invalid_request',
        )
        expect(problem.errors, path).toContainEqual({ path: 'note.deep', message: 'is not valid UTF-8' })
      }
    }
  })
})

describe('the text of a job request', () => {
  it.each([
    ['prompt', { prompt: 'A \u0000 boat' }],
    ['prompt', { prompt: 'A \ud83d boat' }],
    ['prompt', { prompt: 'A \u001b[31m boat' }],
    ['metadata.order', { metadata: { order: '4\u00002' } }],
    ['metadata.or\nder', { metadata: { 'or\nder': '42' } }],
    ['metadata.or\ufffdder', { metadata: { 'or\ud800der': '42' } }],
    ['provider_options.crun.x.0.y', { provider_options: { crun: { x: [{ y: '\u0000' }] } } }],
    ['first_frame', { first_frame: 'https://media.example.com/\u0000' }],
  ])('is refused with the path %s', async (path, overrides) => {
    expect(await pathsRefused(overrides)).toContain(path)
    const estimate = await post('/v1/estimates', aRequest(overrides))
    expect(pathsOf(await expectProblem(estimate, 422, 'invalid_request'))).toContain(path)
  })

  it('is refused together with every other fault', async () => {
    const overrides = {
      prompt: '\u0000',
      duration: 99,
      metadata: { a: '\u0000' },
      callback_url: 'https://10.0.0.1/',
    }
    expect(await pathsRefused(overrides)).toEqual(['callback_url', 'duration', 'metadata.a', 'prompt'])
  })

  it('can have line breaks, tabs, emoji and every script', async () => {
    const text = 'Line one\n\tline two\r\n👨‍👩‍👧‍👦 小船 \u0085'
    const response = await post('/v1/estimates', aRequest({ prompt: text, metadata: { text } }))
    expect(response.status).toBe(200)
  })

  it('is refused as a whole if the first of two equal fields is not UTF-8', async () => {
    const body = bytesIn(JSON.stringify(aRequest()).replace('{', '{"prompt":"\xff",'))
    const response = await api('/v1/jobs', { method: 'POST', headers, body })
    expect(await expectProblem(response, 422, 'invalid_request')).toMatchObject({
      errors: [{ path: '', message: 'is not valid UTF-8' }],
    })
  })
})

describe('other text', () => {
  it.each([
    ['description', { description: 'The\u0000bank' }],
    ['metadata.a', { metadata: { a: '\ud800' } }],
    ['metadata.__proto__', JSON.parse('{"metadata":{"__proto__":"x"}}')],
  ])('is refused in an endpoint that is created or updated: %s', async (path, fields) => {
    const made = await post('/v1/endpoints', { url: 'https://hooks.example.com/text', ...fields })
    expect(pathsOf(await expectProblem(made, 422, 'invalid_request'))).toEqual([path])
    const endpoint = await makeEndpoint('https://hooks.example.com/text')
    const changed = await changeEndpoint(endpoint, fields)
    expect(pathsOf(await expectProblem(changed, 422, 'invalid_request'))).toEqual([path])
  })

  it.each(['a\nb', 'a\u0000b', 'a\tb', '\ud800'])(
    'is refused as the name of an API key: %j',
    async (name) => {
      const problem = await expectProblem(await post('/v1/api-keys', { name }), 422, 'invalid_request')
      expect(pathsOf(problem)).toEqual(['name'])
    },
  )

  it.each([
    ['metadata[a]', '?metadata[a]=%00'],
    ['metadata[a\u0000]', '?metadata[a%00]=1'],
    ['metadata[a]', '?metadata[a]=%FF'],
    ['metadata[__proto__]', '?metadata[__proto__]=1'],
    ['__proto__', '?__proto__=1'],
  ])('is refused in a query, with its parameter: %s', async (path, query) => {
    const problem = await expectProblem(await api(`/v1/jobs${query}`), 422, 'invalid_request')
    expect(pathsOf(problem)).toContain(path)
  })

  it.each([
    ['attachment; filename="bo\u0007at.png"', 'control character U+0007'],
    ['attachment; filename="bo\u007fat.png"', 'control character U+007F'],
  ])('is refused in the file name of an upload: %j', async (disposition, message) => {
    const response = await api('/v1/assets', {
      method: 'POST',
      headers: { 'content-type': 'image/png', 'content-disposition': disposition },
      body: aFile('image/png'),
    })
    const { errors } = await expectProblem(response, 422, 'invalid_request')
    expect(errors).toEqual([{ path: 'file_name', message: expect.stringContaining(message) }])
  })

  it.each([
    ['file_name', 'bo\xffat.png', /UTF-8/],
    ['file', 'bo\x00at.png', /control characters/],
    ['file', 'bo\x07at.png', /control characters/],
  ])('is refused in the %s of an upload form: %j', async (path, fileName, message) => {
    const start = `--b\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\n\r\n`
    const body = new Blob([bytesIn(start), aFile('image/png'), bytesIn('\r\n--b--\r\n')])
    const form = { 'content-type': 'multipart/form-data; boundary=b' }
    const { errors } = await expectProblem(
      await api('/v1/assets', { method: 'POST', headers: form, body: await body.arrayBuffer() }),
      422,
      'invalid_request',
    )
    expect(errors).toEqual([{ path, message: expect.stringMatching(message) }])
  })
})
