import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { providerNames } from '../../src/core/request/choices.ts'
import { createProviders, sellers } from '../../src/providers/index.ts'
import { aNetwork, aRequest, aSubmission, aTask, now, type Reply, taskId } from './a-submission.ts'
import { aSuccess, enveloped } from './crun/a-crun.ts'

const needed = {
  PUBLIC_BASE_URL: 'https://reelhook.example.com',
  SIGNING_SECRET: 'a signing secret of thirty-two characters',
  ADMIN_API_KEY: 'the-admin-key-of-the-tests',
}
const keys = Object.fromEntries(
  Object.values(sellers).flatMap(({ credentials }) => credentials.map((name) => [name, `of ${name}`])),
)

function aRegistry(environment: Record<string, string | undefined>, reply: Reply = { json: {} }) {
  const result = readConfig({ ...needed, ...environment })
  if (!result.ok) throw new Error(result.faults.join())
  const { fetch, sent } = aNetwork(reply)
  return { providers: createProviders(result.config.accounts, { fetch, now, guard: async () => null }), sent }
}

describe('the registry', () => {
  it('has every provider with a key, in the order of the provider names', () => {
    const { providers } = aRegistry(keys)
    expect(Object.keys(providers)).toEqual([...providerNames])
    for (const [name, provider] of Object.entries(providers)) expect(provider.name).toBe(name)
  })

  it.each([
    ['nothing is set', {}, []],
    ['every key is blank', Object.fromEntries(Object.keys(keys).map((name) => [name, ''])), []],
    ['Scenario has a key but no secret', { SCENARIO_SDK_API_KEY: 'sc' }, []],
    ['Scenario has a secret but no key', { SCENARIO_SDK_API_SECRET: 'hush' }, []],
    ['Scenario has both', { SCENARIO_SDK_API_KEY: 'sc', SCENARIO_SDK_API_SECRET: 'hush' }, ['scenario']],
    ['AI/ML API has its key', { AIMLAPI_API_KEY: 'aiml' }, ['aimlapi']],
  ])('has no other provider but the simulator when %s', (_, environment, names) => {
    expect(Object.keys(aRegistry(environment).providers)).toEqual([...names, 'simulator'])
  })

  it.each([
    ['', 'https://api.cloud.scenario.com/v1/generate', 'https://api.aimlapi.com/v2/video'],
    ['http://127.0.0.1:8787/x/', 'http://127.0.0.1:8787/x/generate', 'http://127.0.0.1:8787/x/v2/video'],
  ])('sends requests to the base URL "%s"', async (base, scenarioUrl, aimlapiUrl) => {
    const { providers, sent } = aRegistry({ ...keys, SCENARIO_BASE_URL: base, AIMLAPI_BASE_URL: base })
    await providers.scenario?.submit(aSubmission())
    await providers.aimlapi?.submit(aSubmission())
    expect(sent[0]?.url.startsWith(scenarioUrl)).toBe(true)
    expect(sent[1]?.url.startsWith(aimlapiUrl)).toBe(true)
  })
})

describe('a cost in credits', () => {
  const rates = { ...keys, CRUN_USD_PER_CREDIT: '0.005', SCENARIO_USD_PER_UNIT: '0.02' }
  const both = { credits: 38, amount_usd: 0.19, source: 'provider' }

  it('is also in US dollars if the price of a credit is set', async () => {
    const crun = aRegistry(rates, { json: enveloped(aSuccess()) }).providers.crun
    expect(await crun?.getStatus(aTask({ provider: 'crun' }))).toMatchObject({ value: { cost: both } })
    expect(crun?.parseWebhook?.(aSuccess())).toMatchObject([{ outcome: { cost: both } }])
    const estimating = aRegistry(rates, { json: enveloped({ credits: 40 }) }).providers.crun
    expect(await estimating?.estimate?.(aRequest())).toMatchObject({
      value: { credits: 40, amount_usd: 0.2 },
    })
    const submitting = aRegistry(rates, { json: { job: { jobId: 'j' }, creativeUnitsCost: 10 } }).providers
      .scenario
    const assets = new Map<string, string>()
    expect(await submitting?.submit({ ...aSubmission(), assets })).toMatchObject({
      value: { cost: { credits: 10, amount_usd: 0.2 } },
    })
  })

  it('has no US dollars if the price of a credit is not set', async () => {
    const { crun } = aRegistry(keys, { json: enveloped(aSuccess()) }).providers
    expect(await crun?.getStatus(aTask({ provider: 'crun' }))).toMatchObject({
      value: { cost: { credits: 38, source: 'provider' } },
    })
  })

  it('at AI/ML API uses the rate of its documented sample', async () => {
    const done = { id: taskId, status: 'completed', video: { url: 'https://cdn.aimlapi.com/v.mp4' } }
    const json = { ...done, meta: { usage: { credits_used: 120_000 } } }
    const { aimlapi } = aRegistry(keys, { json }).providers
    expect(await aimlapi?.getStatus(aTask({ provider: 'aimlapi' }))).toMatchObject({
      value: { cost: { credits: 120_000, amount_usd: 0.06 } },
    })
  })

  it.each(['0', '-1', 'cheap'])('cannot have a price of %s per credit', (price) => {
    const result = readConfig({ ...needed, CRUN_USD_PER_CREDIT: price })
    expect(result.ok ? [] : result.faults).toEqual([expect.stringMatching(/^CRUN_USD_PER_CREDIT /)])
  })
})
