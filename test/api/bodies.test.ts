import { afterEach, describe, expect, it } from 'vitest'
import { expectProblem, pathsOf } from '../support/problem.ts'
import { api, aRequest } from '../support/reelhook.ts'
import { countRows } from '../support/storage.ts'
import { world } from '../support/world.ts'

const megabyte = 1024 * 1024

/** The body just as it is given. */
async function postRaw(body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return api('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

// Nothing of what this file posts may be kept or spent.
afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
  expect(await countRows('events')).toBe(0)
  expect(world.simulator.log()).toEqual([])
})

describe('a hostile body', () => {
  it.each(['', '{', 'model=seedance', '{"model":"seedance-2.0"}}', '\u0000'])(
    '%j is not JSON',
    async (body) => {
      await expectProblem(await postRaw(body), 400, 'invalid_json')
    },
  )

  it.each(['null', '[]', '"a boat"', '7'])('%s is JSON, and not a request', async (body) => {
    await expectProblem(await postRaw(body), 422, 'invalid_request')
  })

  it.each([
    ['none', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('under another content type than JSON, %s, hears which one is wanted', async (_, headers) => {
    const body = new TextEncoder().encode(JSON.stringify(aRequest()))
    const response = await api('/v1/jobs', { method: 'POST', headers, body })
    expect(response.status).toBe(415)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).toMatch(/application\/json/)
  })

  it('of more than 1 MiB is refused by its announced length', async () => {
    const body = JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte) }))
    const response = await postRaw(body, { 'content-length': String(body.length) })
    await expectProblem(response, 413, 'too_large')
  })

  it('of more than 1 MiB is refused where no length is announced', async () => {
    const body = new Blob([JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte) }))]).stream()
    await expectProblem(await postRaw(body), 413, 'too_large')
  })

  it('of less than 1 MiB is judged by what it says', async () => {
    const body = JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte - 1_000) }))
    expect(pathsOf(await expectProblem(await postRaw(body), 422, 'invalid_request'))).toEqual(['prompt'])
  })

  it('with __proto__ and constructor as fields is refused by their names', async () => {
    const body = JSON.stringify(aRequest()).replace('{', '{"__proto__":{"admin":true},"constructor":1,')
    const problem = await expectProblem(await postRaw(body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['__proto__', 'constructor'])
  })
})
