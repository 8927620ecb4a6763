/** Which callers may use the simulator, and where it is listed. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { models, sellerNames } from '../../src/core/request/choices.ts'
import { sellers } from '../../src/providers/index.ts'
import { ask } from '../support/api-call.ts'
import { bearerHeader, createApiKey, postJobWith } from '../support/api-keys.ts'
import { visitorWith } from '../support/pages.ts'
import { expectProblem } from '../support/problem.ts'
import { api, aRequest } from '../support/reelhook.ts'

const on = { SIMULATOR: 'on' }
const withoutAccounts = Object.fromEntries(
  Object.values(sellers).map(({ credentials: [key = ''] }) => [key, undefined]),
)

const adminHeader = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

async function send(
  path: string,
  { body, settings, headers = adminHeader }: { body?: unknown; settings?: object; headers?: object },
): Promise<Response> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  return ask(path, { ...init, headers: { 'content-type': 'application/json', ...headers } }, { ...settings })
}

async function read(path: string, settings: object): Promise<unknown> {
  return (await send(path, { settings })).json()
}

async function chosen(body: Record<string, unknown>, settings: object): Promise<string[]> {
  const response = await send('/v1/estimates', { body: aRequest(body), settings })
  const { data } = await response.json<{ data: { provider: string }[] }>()
  return data.map(({ provider }) => provider)
}

describe('without SIMULATOR=on', () => {
  it('only the admin key may use it', async () => {
    const key = await createApiKey()
    const message =
      'simulator: only the admin key may use it in this deployment; SIMULATOR=on allows it to every key'
    for (const provider of ['simulator', ['simulator']]) {
      const response = await postJobWith(key, { provider })
      const { errors } = await expectProblem(response, 422, 'invalid_request')
      expect(errors).toEqual([{ path: 'provider', message }])
    }
    const admin = await createApiKey('an operator', { scopes: ['admin'] })
    expect((await postJobWith(admin, { provider: 'simulator' })).status).toBe(422)
    expect(await chosen({ provider: 'simulator' }, {})).toEqual(['simulator'])
  })

  it.each(['/v1/models', '/healthz', '/v1/stats', '/v1/stats/series', '/openrouter/videos/models'])(
    'it is not in %s',
    async (path) => {
      const response = await api(path)
      expect(await response.text()).not.toContain('simulator')
    },
  )

  it('no page offers it', async () => {
    const { get } = await visitorWith(env.ADMIN_API_KEY)
    for (const path of ['/jobs/new', '/jobs']) expect((await get(path)).html, path).not.toContain('simulator')
  })

  it('is not chosen, even if no provider has an account', async () => {
    expect(await chosen({ provider: 'auto' }, withoutAccounts)).toEqual([])
    const body = aRequest({ provider: 'auto' })
    const response = await send('/v1/jobs', { body, settings: withoutAccounts })
    await expectProblem(response, 422, 'no_provider')
  })
})

describe('with SIMULATOR=on', () => {
  it('every API key may use it', async () => {
    const headers = bearerHeader(await createApiKey())
    const body = aRequest({ provider: 'simulator', callback_secret: undefined })
    const response = await send('/v1/jobs', { body, settings: on, headers })
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ provider: 'simulator', cost: { amount_usd: 0 } })
  })

  it('it is listed as a provider', async () => {
    const [listed, health] = [await read('/v1/models', on), await read('/healthz', on)]
    expect(listed).toMatchObject({
      data: models.map(() => ({
        providers: expect.arrayContaining([
          expect.objectContaining({ provider: 'simulator', configured: true }),
        ]),
      })),
    })
    expect(health).toMatchObject({ providers: [...sellerNames, 'simulator'] })
  })

  it.each(['auto', 'cheapest'])(
    '%s chooses it only if no other provider has an account',
    async (provider) => {
      expect(await chosen({ provider }, on)).not.toContain('simulator')
      expect(await chosen({ provider }, { ...on, CRUN_API_KEY: undefined })).not.toContain('simulator')
      expect(await chosen({ provider }, { ...on, ...withoutAccounts })).toEqual(['simulator'])
    },
  )
})
