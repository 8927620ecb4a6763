/** An estimate knows the budget of its key: it says what a job that was posted now would be refused for. */
import { expect, it } from 'vitest'
import { bearerHeader, type NewApiKey } from '../../support/api-keys.ts'
import { acceptedWith, jobUsd, keyWithBudget, refusedWith, spentBy } from '../../support/budget.ts'
import { aRequest, post } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'

const rest = "$0.32 remains of the API key's $0.5 for this month"

it('has the reason that a job would be refused for, with the numbers, and reserves nothing', async () => {
  const key = await keyWithBudget(0.5)
  expect(await estimated(key)).toMatchObject([{ provider: 'runware', eligible: true, reasons: [] }])
  await acceptedWith(key)
  const message = `the job may cost $0.36 (at runware), and ${rest}`
  const reasons = [{ path: 'monthly_budget_usd', message }]
  const cost = { amount_usd: 2 * jobUsd, source: 'price_table' }
  const before = await countRows('reservations')
  expect(await estimated(key, { count: 2 })).toMatchObject([
    { eligible: false, cost, unpriced: null, reasons },
  ])
  expect(await countRows('reservations')).toBe(before)
  expect(await spentBy(key)).toBe(jobUsd)
  await refusedWith(key, { count: 2 })
})

it('compares what would be reserved: the dearest provider that may make it, twice with resubmit_unknown', async () => {
  const key = await keyWithBudget(0.5)
  await acceptedWith(key)
  for (const [request, usd, provider] of [
    [{ provider: ['aimlapi', 'fal'] }, 0.3605, 'fal'],
    [{ provider: ['aimlapi', 'runware'], resubmit_unknown: true }, 0.36, 'runware'],
  ] as const) {
    const message = `the job may cost $${usd} (at ${provider}), and ${rest}`
    const reasons = [{ path: 'monthly_budget_usd', message }]
    expect(await estimated(key, request)).toMatchObject([
      { provider: 'aimlapi', eligible: false, reasons },
      { provider, eligible: false, reasons },
    ])
    expect((await refusedWith(key, request)).budget.job_usd).toBe(usd)
  }
  // One that cannot make it reserves nothing.
  const request = { provider: ['aimlapi', 'fal'], max_cost_usd: 0.2 }
  expect(await estimated(key, request)).toMatchObject([
    { provider: 'aimlapi', eligible: true, reasons: [] },
    { provider: 'fal', eligible: false, reasons: [{ path: 'max_cost_usd' }] },
  ])
  await acceptedWith(key, request)
})

it('of exactly what remains has none', async () => {
  const key = await keyWithBudget(jobUsd)
  expect(await estimated(key)).toMatchObject([{ eligible: true }])
})

async function estimated(key: NewApiKey, overrides: Record<string, unknown> = {}) {
  const body = aRequest({ callback_secret: undefined, ...overrides })
  const response = await post('/v1/estimates', body, bearerHeader(key))
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json<{ data: unknown[] }>()).data
}
