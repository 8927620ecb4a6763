import { afterEach, describe, expect, it } from 'vitest'
import { sellers } from '../../../src/providers/index.ts'
import { ask } from '../../support/api-call.ts'
import { createApiKey, postJobWith } from '../../support/api-keys.ts'
import { expectProblem, type Problem, pathsOf } from '../../support/problem.ts'
import { aRequest, post } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

async function refused(overrides: Record<string, unknown>, code = 'invalid_request'): Promise<Problem> {
  return expectProblem(await post('/v1/jobs', aRequest(overrides)), 422, code)
}

// Every request of this file is refused: nothing is stored or spent.
afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
  expect(await countRows('events')).toBe(0)
  expect(world.simulator.log()).toEqual([])
})

describe('a request with faults', () => {
  it('is refused with all of them at once', async () => {
    const problem = await refused({
      model: 'sora',
      prompt: '  ',
      duration: 3,
      resolution: '8k',
      count: 9,
      seed: -1,
      provider: 'nobody',
      callback_url: 'somewhere',
      callback_secret: 'hunter2',
      callback_events: ['job.born'],
      metadata: { order: 42 },
      deadline_seconds: 1,
      reference_images: ['boat.png'],
      color: 'red',
      sound: 'loud',
    })
    expect(pathsOf(problem)).toEqual([
      'callback_events.0',
      'callback_secret',
      'callback_url',
      'color',
      'count',
      'deadline_seconds',
      'duration',
      'metadata.order',
      'model',
      'prompt',
      'provider',
      'reference_images.0',
      'resolution',
      'seed',
      'sound',
    ])
  })

  it('is refused with contradictions and malformed fields together', async () => {
    const problem = await refused({
      prompt: 'Like {{image:2}}',
      last_frame: 'https://media.test/end.png',
      reference_images: ['https://media.test/boat.png'],
      count: 0,
      color: 'red',
    })
    expect(pathsOf(problem)).toEqual(['color', 'count', 'last_frame', 'prompt'])
  })

  it('is refused with forbidden URLs, unknown options and malformed fields together', async () => {
    const problem = await refused({
      count: 0,
      callback_url: 'https://localhost/hook',
      first_frame: 'https://10.0.0.1/boat.png',
      provider_options: { runware: { color: 'red' } },
    })
    expect(pathsOf(problem)).toEqual([
      'callback_url',
      'count',
      'first_frame',
      'provider_options.runware.color',
    ])
  })

  it('is refused for options that a provider does not have', async () => {
    const problem = await refused({
      provider_options: { runware: { color: 'red', outputQuality: 1 }, crun: { shape: 'round' } },
    })
    expect(pathsOf(problem)).toEqual([
      'provider_options.crun.shape',
      'provider_options.runware.color',
      'provider_options.runware.outputQuality',
    ])
  })

  it('is refused with the admin key without a callback_secret', async () => {
    expect(pathsOf(await refused({ callback_secret: undefined }))).toEqual(['callback_secret'])
  })

  it('is refused for a callback_secret without a callback_url', async () => {
    expect(pathsOf(await refused({ callback_url: undefined }))).toEqual(['callback_secret'])
  })

  it('is refused with an ordinary key too', async () => {
    const response = await postJobWith(await createApiKey(), { count: 0, color: 'red' })
    expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(['color', 'count'])
  })
})

describe('a request without an eligible provider', () => {
  it('is refused with every reason of every provider', async () => {
    const { errors = [] } = await refused(
      { provider: ['crun', 'runware'], seed: 7, duration: 'auto' },
      'no_provider',
    )
    expect(errors.map(({ path, message }) => `${path} ${message}`).sort()).toEqual([
      'duration crun: must be a whole number of seconds',
      'duration runware: must be a whole number of seconds',
      'seed crun: cannot be set',
      'seed runware: cannot be set',
    ])
  })

  it('is refused with the reasons of the named providers only', async () => {
    const { errors = [] } = await refused(
      { provider: 'crun', model: 'seedance-2.0', resolution: '4k' },
      'no_provider',
    )
    expect(errors).toEqual([{ path: 'resolution', message: 'crun: must be one of 480p, 720p, 1080p' }])
  })

  it('is refused with the price of a provider that cannot run it, if no call is needed to know it', async () => {
    const asked = { provider: 'fal', model: 'seedance-2.5', output_format: 'mov', max_cost_usd: 0.1 }
    const { errors = [] } = await refused(asked, 'no_provider')
    expect(errors).toEqual([
      { path: 'output_format', message: 'fal: must be mp4' },
      { path: 'max_cost_usd', message: expect.stringMatching(/^fal: it would cost \$/) },
    ])
  })

  it('is refused with the provider that has no API key', async () => {
    const response = await askWithoutKeys({ provider: 'crun' })
    const { errors } = await expectProblem(response, 422, 'no_provider')
    expect(errors).toEqual([{ path: 'provider', message: expect.stringMatching(/crun.*no API key/) }])
  })

  it('is refused with the missing setting if no provider has an API key', async () => {
    const response = await askWithoutKeys({ provider: 'auto' })
    const { errors } = await expectProblem(response, 422, 'no_provider')
    expect(errors).toEqual([{ path: 'provider', message: expect.stringMatching(/RUNWARE_API_KEY/) }])
  })
})

// An empty setting counts as unset.
const credentials = Object.values(sellers).flatMap((seller) => seller.credentials)
const withoutKeys = Object.fromEntries(credentials.map((name, n) => [name, n % 2 === 0 ? '' : undefined]))

async function askWithoutKeys(overrides: Record<string, unknown>): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer the-admin-key-of-the-tests' },
    body: JSON.stringify(aRequest(overrides)),
  }
  return ask('/v1/jobs', init, withoutKeys)
}
