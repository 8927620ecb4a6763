import { afterEach, describe, expect, it } from 'vitest'
import { expectProblem, pathsOf } from '../support/problem.ts'
import { api, aRequest } from '../support/reelhook.ts'
import { countRows } from '../support/storage.ts'
import { world } from '../support/world.ts'

const megabyte = 1024 * 1024

/** Sends the body unchanged. */
async function postRaw(body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return api('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

// Every request of this file is refused: nothing is stored or spent.
afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
  expect(await countRows('events')).toBe(0)
  expect(world.simulator.log()).toEqual([])
})

describe('a hostile body of a job', () => {
  it.each(['', '{', 'model=seedance', '{"model":"seedance-2.0"}}', '\u0000'])(
    'that is not JSON is refused with 400: %j',
    async (body) => {
      await expectProblem(await postRaw(body), 400, 'invalid_json')
    },
  )

  it.each(['null', '[]', '"a boat"', '7'])(
    'that is JSON but not an object is refused with 422: %s',
    async (body) => {
      await expectProblem(await postRaw(body), 422, 'invalid_request')
    },
  )

  it.each([
    ['none', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('with another content type is refused with the supported one: %s', async (_, headers) => {
    const body = new TextEncoder().encode(JSON.stringify(aRequest()))
    const response = await api('/v1/jobs', { method: 'POST', headers, body })
    expect(response.status).toBe(415)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).toMatch(/application\/json/)
  })

  it('of more than 1 MiB is refused by its Content-Length', async () => {
    const body = JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte) }))
    const response = await postRaw(body, { 'content-length': String(body.length) })
    await expectProblem(response, 413, 'too_large')
  })

  it('of more than 1 MiB is refused without a Content-Length', async () => {
    const body = new Blob([JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte) }))]).stream()
    await expectProblem(await postRaw(body), 413, 'too_large')
  })

  it('of less than 1 MiB is validated', async () => {
    const body = JSON.stringify(aRequest({ prompt: 'x'.repeat(megabyte - 1_000) }))
    expect(pathsOf(await expectProblem(await postRaw(body), 422, 'invalid_request'))).toEqual(['prompt'])
  })

  it('with the fields __proto__ and constructor is refused with their paths', async () => {
    const body = JSON.stringify(aRequest()).replace('{', '{"__proto__":{"admin":true},"constructor":1,')
    const problem = await expectProblem(await postRaw(body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['__proto__', 'constructor'])
  })
})
