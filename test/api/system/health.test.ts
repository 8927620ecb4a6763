import { describe, expect, it } from 'vitest'
import { version } from '../../../package.json'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { sellers } from '../../../src/providers/index.ts'
import { ask } from '../../support/api-call.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'

const required = ['PUBLIC_BASE_URL', 'SIGNING_SECRET', 'ADMIN_API_KEY']
const routes = [
  'GET /healthz',
  'GET /v1/jobs',
  'POST /v1/jobs',
  'GET /.well-known/webhook-keys.json',
  'POST /webhooks/crun/j/t',
]

async function askWith(bindings: Record<string, unknown>, route = 'GET /healthz'): Promise<Response> {
  const [method = '', path = ''] = route.split(' ')
  return ask(path, { method }, bindings)
}

describe('the health', () => {
  it('is ok, with the version and the providers that have a key', async () => {
    const response = await api('/healthz', { headers: { authorization: '' } })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ok',
      version,
      providers: [...sellerNames],
    })
  })

  it('is ok without any provider', async () => {
    const credentials = Object.values(sellers).map((seller) => seller.credentials.at(-1) ?? '')
    const blank = Object.fromEntries(credentials.map((name) => [name, undefined]))
    const response = await askWith({ ...blank, CRUN_API_KEY: '' })
    expect(await response.json()).toEqual({ status: 'ok', version, providers: [] })
  })
})

describe('a Worker that is not configured', () => {
  it.each([undefined, ''])('names every missing setting at once (unset as %j)', async (unset) => {
    const response = await askWith(Object.fromEntries(required.map((name) => [name, unset])))
    const { detail } = await expectProblem(response, 503, 'misconfigured')
    for (const name of required) expect(detail).toContain(name)
  })

  it.each(required)('names only %s when only that is missing', async (name) => {
    const { detail } = await expectProblem(await askWith({ [name]: undefined }), 503, 'misconfigured')
    expect(required.filter((other) => detail.includes(other))).toEqual([name])
  })

  it.each(routes)('returns 503 at %s', async (route) => {
    await expectProblem(await askWith({ SIGNING_SECRET: undefined }, route), 503, 'misconfigured')
  })
})

describe('the fault of a Worker that is not configured', () => {
  it('has the name of every invalid setting, and no value', async () => {
    const invalid = {
      PUBLIC_BASE_URL: 'ftp://value-one',
      SIGNING_SECRET: 'value-two',
      ADMIN_API_KEY: 'value-three',
      RUNWARE_BASE_URL: 'value-four',
      MAX_OUTPUT_BYTES: 'value-five',
      ALLOW_PRIVATE_NETWORK: 'value-six',
      CRUN_MAX_CONCURRENT: 'value-seven',
    }
    const text = await (await askWith(invalid)).text()
    for (const name of Object.keys(invalid)) expect(text).toContain(name)
    expect(text).not.toContain('value-')
    // Nor does it show a valid setting.
    expect(text).not.toContain('crun-key')
  })
})
