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

describe('auto', () => {
  it.each([
    ['', 'runware'],
    ['aimlapi', 'aimlapi'],
    [' scenario , crun ', 'scenario'],
  ])('with PROVIDER_ORDER "%s" asks %s first', async (order, first) => {
    expect(await (await acceptedBy(order)).json()).toMatchObject({ provider: first })
  })

  it('passes over who cannot make it: a seed is for Scenario and AI/ML API', async () => {
    const response = await acceptedBy('crun,aimlapi', { seed: 7 })
    expect(await response.json()).toMatchObject({ provider: 'aimlapi' })
  })
})

it('a name that is spelled wrong is a fault of the configuration', async () => {
  const response = await acceptedBy('crum')
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining('PROVIDER_ORDER') })
})
