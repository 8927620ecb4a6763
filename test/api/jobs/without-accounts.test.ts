/** Options of providers without an API key: they are stored with the job, so they are checked too. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { ask } from '../../support/api-call.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { aRequest } from '../../support/reelhook.ts'

const onlyRunware = {
  CRUN_API_KEY: undefined,
  SCENARIO_SDK_API_KEY: undefined,
  SCENARIO_SDK_API_SECRET: undefined,
  AIMLAPI_API_KEY: undefined,
}

it.each(['/v1/jobs', '/v1/estimates'])('%s refuses unknown options of every provider', async (path) => {
  const provider_options = {
    runware: { x: 1 },
    crun: { x: [1] },
    scenario: { x: {} },
    aimlapi: { x: 'y' },
    simulator: { x: true },
  }
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify(aRequest({ provider_options }))
  const response = await ask(path, { method: 'POST', headers, body }, onlyRunware)
  expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(
    ['aimlapi', 'crun', 'runware', 'scenario', 'simulator'].map((name) => `provider_options.${name}.x`),
  )
})
