/** Options of providers without an API key: they are stored with the job, so they are checked too. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { providerNames, sellerNames } from '../../../src/core/request/choices.ts'
import { sellers } from '../../../src/providers/index.ts'
import { ask } from '../../support/api-call.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { aRequest } from '../../support/reelhook.ts'

const onlyRunware = Object.fromEntries(
  sellerNames
    .filter((name) => name !== 'runware')
    .flatMap((name) => sellers[name].credentials)
    .map((credential) => [credential, undefined]),
)

it.each(['/v1/jobs', '/v1/estimates'])('%s refuses unknown options of every provider', async (path) => {
  const provider_options = Object.fromEntries(providerNames.map((name) => [name, { x: [1] }]))
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
  const body = JSON.stringify(aRequest({ provider_options }))
  const response = await ask(path, { method: 'POST', headers, body }, onlyRunware)
  expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(
    providerNames.map((name) => `provider_options.${name}.x`).sort(),
  )
})
