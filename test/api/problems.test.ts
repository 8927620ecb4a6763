import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/api-call.ts'
import { expectProblem } from '../support/problem.ts'
import { api } from '../support/reelhook.ts'
import { world } from '../support/world.ts'

describe('a problem', () => {
  it.each(['GET /v1/nothing', 'GET /nothing', 'PUT /v1/jobs', 'POST /v1/jobs/job_none'])(
    'is returned for the unknown route %s',
    async (route) => {
      const [method = '', path = ''] = route.split(' ')
      await expectProblem(await api(path, { method }), 404, 'not_found')
    },
  )

  it('has a unique request id, which the header repeats', async () => {
    const [one, two] = [await api('/v1/jobs/none'), await api('/v1/jobs/none')]
    const first = await expectProblem(one, 404, 'not_found')
    const second = await expectProblem(two, 404, 'not_found')
    expect(first.request_id).not.toBe(second.request_id)
    expect(one.headers.get('x-request-id')).toBe(first.request_id)
  })
})

describe('a response of the API is not cacheable', () => {
  it.each(['/v1/jobs', '/v1/jobs/none', '/healthz', '/nothing'])('at %s', async (path) => {
    expect((await api(path)).headers.get('cache-control')).toBe('no-store')
  })

  it('when the request is refused', async () => {
    const response = await api('/v1/jobs', { headers: { authorization: '' } })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('when an unexpected error happens', async () => {
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
    const response = await ask('/v1/jobs/job_some', { headers }, { DB: {} })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})

describe('an unexpected error', () => {
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

  it('is a problem without its cause, which is logged under the same request id', async () => {
    const response = await ask('/v1/jobs/job_some', { headers }, { DB: {} })
    const problem = await expectProblem(response, 500, 'internal')
    expect(JSON.stringify(problem)).not.toMatch(/prepare|function|Error/)
    const line = world.logs.find(({ fields }) => fields.request_id === problem.request_id)
    expect(line?.event).toBe('request.failed')
  })
})
