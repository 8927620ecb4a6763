import { describe, expect, it } from 'vitest'
import { ask } from '../../support/api-call.ts'
import { aRequest } from '../../support/reelhook.ts'

async function acceptedBy(order: string, overrides: Record<string, unknown> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer the-admin-key-of-the-tests' },
    body: JSON.stringify(aRequest({ provider: 'auto', ...overrides })),
  }
  return ask('/v1/jobs', init, { PROVIDER_ORDER: order })
}

describe('the provider auto', () => {
  it.each([
    ['', 'runware'],
    ['aimlapi', 'aimlapi'],
    [' scenario , crun ', 'scenario'],
  ])('with PROVIDER_ORDER "%s" prefers %s', async (order, first) => {
    expect(await (await acceptedBy(order)).json()).toMatchObject({ provider: first })
  })

  it('skips providers that are not eligible: only Scenario and AI/ML API accept a seed', async () => {
    const response = await acceptedBy('crun,aimlapi', { seed: 7 })
    expect(await response.json()).toMatchObject({ provider: 'aimlapi' })
  })
})

it('an unknown name in PROVIDER_ORDER is a fault of the configuration', async () => {
  const response = await acceptedBy('crum')
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining('PROVIDER_ORDER') })
})
