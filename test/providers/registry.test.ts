import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { providerNames } from '../../src/core/request.ts'
import { createProviders } from '../../src/providers/index.ts'
import { aNetwork, aSubmission, now } from './a-submission.ts'

const needed = {
  PUBLIC_BASE_URL: 'https://reelhook.example.com',
  SIGNING_SECRET: 'a signing secret of thirty-two characters',
  ADMIN_API_KEY: 'the-admin-key-of-the-tests',
}
const keys = {
  RUNWARE_API_KEY: 'rw',
  CRUN_API_KEY: 'ak',
  SCENARIO_SDK_API_KEY: 'sc',
  SCENARIO_SDK_API_SECRET: 'hush',
  AIMLAPI_API_KEY: 'aiml',
}

function aRegistry(environment: Record<string, string | undefined>) {
  const read = readConfig({ ...needed, ...environment })
  if (!read.ok) throw new Error(read.faults.join())
  const { fetch, sent } = aNetwork({ json: {} })
  return { providers: createProviders(read.config.accounts, fetch, now), sent }
}

describe('the registry', () => {
  it('holds every provider that has a key, in the order of their names', () => {
    const { providers } = aRegistry(keys)
    expect(Object.keys(providers)).toEqual([...providerNames])
    for (const [name, provider] of Object.entries(providers)) expect(provider.name).toBe(name)
  })

  it.each([
    ['nothing is set', {}, []],
    ['all is blank', Object.fromEntries(Object.keys(keys).map((name) => [name, ''])), []],
    ['Scenario has a key alone', { SCENARIO_SDK_API_KEY: 'sc' }, []],
    ['Scenario has a secret alone', { SCENARIO_SDK_API_SECRET: 'hush' }, []],
    ['Scenario has both', { SCENARIO_SDK_API_KEY: 'sc', SCENARIO_SDK_API_SECRET: 'hush' }, ['scenario']],
    ['AI/ML API has its key', { AIMLAPI_API_KEY: 'aiml' }, ['aimlapi']],
  ])('holds no other when %s', (_, environment, names) => {
    expect(Object.keys(aRegistry(environment).providers)).toEqual(names)
  })

  it.each([
    ['', 'https://api.cloud.scenario.com/v1/generate', 'https://api.aimlapi.com/v2/video'],
    ['http://127.0.0.1:8787/x/', 'http://127.0.0.1:8787/x/generate', 'http://127.0.0.1:8787/x/v2/video'],
  ])('sends them to the base URL "%s"', async (base, scenarioUrl, aimlapiUrl) => {
    const { providers, sent } = aRegistry({ ...keys, SCENARIO_BASE_URL: base, AIMLAPI_BASE_URL: base })
    await providers.scenario?.submit(aSubmission())
    await providers.aimlapi?.submit(aSubmission())
    expect(sent[0]?.url.startsWith(scenarioUrl)).toBe(true)
    expect(sent[1]?.url.startsWith(aimlapiUrl)).toBe(true)
  })
})
