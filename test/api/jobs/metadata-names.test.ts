/** Names that every object inherits are valid metadata keys. __proto__ is refused: programs lose it. */
import { describe, expect, it } from 'vitest'
import { makeEndpoint, showEndpoint } from '../../support/endpoints.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, getJob, post, postJob, untilNotified } from '../../support/reelhook.ts'
import { makeVideo } from '../../support/videos.ts'

const inherited = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__']
const metadata = Object.fromEntries(inherited.map((name) => [name, `the ${name}`]))

describe('an inherited name as a metadata key', () => {
  it('is stored in the job and sent in its event', async () => {
    const { id } = await makeVideo({ metadata })
    expect((await getJob(id)).metadata).toEqual(metadata)
    const [received] = await untilNotified(id)
    expect(JSON.parse(received?.body ?? '').data.metadata).toEqual(metadata)
  })

  it.each(inherited)('filters the list only by the value of the caller: %s', async (name) => {
    const { id } = await postJob({ metadata: { [name]: 'set by the caller' } })
    await postJob({ metadata: {} })
    const query = new URLSearchParams({ [`metadata[${name}]`]: 'set by the caller' })
    const { data } = await (await api(`/v1/jobs?${query}`)).json<{ data: { id: string }[] }>()
    expect(data.map((job) => job.id)).toEqual([id])
  })

  it('is stored in the filter of an endpoint', async () => {
    const endpoint = await makeEndpoint('https://hooks.example.com/names', { metadata })
    expect((await showEndpoint(endpoint)).metadata).toEqual(metadata)
  })
})

describe('__proto__', () => {
  const named = (path: string, body: string) => body.replace(path, '__proto__')
  it.each([
    ['metadata.__proto__', { metadata: { NAME: 'x' } }],
    ['provider_options.__proto__', { provider_options: { NAME: {} } }],
    ['provider_options.runware.__proto__', { provider_options: { runware: { NAME: {} } } }],
    [
      'provider_options.runware.safety.__proto__',
      { provider_options: { runware: { safety: { NAME: 'x' } } } },
    ],
    ['provider_options.crun.__proto__', { provider_options: { crun: { NAME: 'x' } } }],
    ['__proto__', { NAME: { model: 'seedance-2.0' } }],
  ])('is refused with its path: %s', async (path, overrides) => {
    const body = JSON.parse(named('NAME', JSON.stringify(aRequest(overrides))))
    for (const route of ['/v1/jobs', '/v1/estimates']) {
      expect(pathsOf(await expectProblem(await post(route, body), 422, 'invalid_request'))).toEqual([path])
    }
  })
})
