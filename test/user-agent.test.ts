/** Every request that the Worker sends has its User-Agent. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { version } from '../package.json'
import { sellerNames } from '../src/core/request/choices.ts'
import { anAnswer } from './media/a-copy.ts'
import { aDataUri, aFile } from './support/assets.ts'
import { callbackSecret } from './support/caller.ts'
import {
  aRequest,
  getJob,
  passTimeUntil,
  post,
  postJob,
  untilNotified,
  untilSubmitted,
} from './support/reelhook.ts'
import { aResolver, resolverUrl } from './support/resolver.ts'
import { fetchWith } from './support/runtime.ts'
import { callerUrl, publicBaseUrl, world } from './support/world.ts'

const agent = `Reelhook/${version}`

/** The User-Agents of the requests to URLs with this prefix during `run`. */
async function agentsAt(prefix: string, run: () => Promise<unknown>): Promise<unknown[]> {
  const before = world.calls.length
  await run()
  const calls = world.calls.slice(before).filter(({ url }) => url.startsWith(prefix))
  return [...new Set(calls.map(({ userAgent }) => userAgent))]
}

function untilSettled(id: string) {
  return passTimeUntil(id, ({ settled_at }) => settled_at !== null)
}

describe('the User-Agent is sent with', () => {
  it.each(sellerNames)('every call of a job at %s', async (provider) => {
    const agents = await agentsAt('https://simulator.test/', async () => {
      await post('/v1/estimates', aRequest({ provider }))
      const { id } = await postJob({ provider, reference_images: [aDataUri('image/png')] })
      await passTimeUntil(id, ({ status }) => status !== 'queued')
      expect(await untilSettled(id)).toMatchObject({ status: 'succeeded' })
    })
    expect(agents).toEqual([agent])
  })

  it('the download of an input for upload to a provider, and each redirect on the way', async () => {
    const redirectTo = (location: string) => () => new Response(null, { status: 302, headers: { location } })
    world.serve('https://one.input.test', redirectTo('https://two.input.test/boat.png'))
    world.serve('https://two.input.test', () => anAnswer(aFile('image/png')))
    const { id } = await postJob({ provider: 'scenario', first_frame: 'https://one.input.test/boat' })
    await passTimeUntil(id, ({ status }) => status !== 'queued')
    const calls = world.calls.filter(({ url }) => url.includes('.input.test'))
    expect(calls.map(({ userAgent }) => userAgent)).toEqual([agent, agent])
  })

  it('a delivery and a test of a callback URL', async () => {
    const agents = await agentsAt(callerUrl, async () => {
      const { id } = await postJob()
      await untilSubmitted(id)
      await untilSettled(id)
      await untilNotified(id)
      expect(
        (await post('/v1/callbacks/test', { url: `${callerUrl}/hook`, secret: callbackSecret })).status,
      ).toBe(200)
    })
    expect(agents).toEqual([agent])
  })

  it('a DNS lookup', async () => {
    const agents = await agentsAt(resolverUrl, async () => {
      // No other test looks it up, since verdicts are cached.
      const resolver = aResolver({ 'looked-up.test': { A: ['93.184.216.34'] } })
      world.serve('https://looked-up.test', () => new Response('ok'))
      world.respondNext(resolverUrl, resolver.fetch)
      world.respondNext(resolverUrl, resolver.fetch)
      const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ url: 'https://looked-up.test/hook', secret: callbackSecret })
      const request = new Request(`${publicBaseUrl}/v1/callbacks/test`, { method: 'POST', headers, body })
      const response = await fetchWith({ DNS_CHECK_URL: resolverUrl }, request)
      expect(response.status, await response.text()).toBe(200)
    })
    expect(agents).toEqual([agent])
  })
})

it('downloads a video from a host that refuses requests without a User-Agent', async () => {
  const { id } = await postJob({ prompt: 'A paper boat sim(host=wants-agent)' })
  await untilSubmitted(id)
  await untilSettled(id)
  expect(await getJob(id)).toMatchObject({ status: 'succeeded', fault: null })
})
