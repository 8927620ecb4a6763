import { afterEach, describe, expect, it } from 'vitest'
import { defaultEventTypes, eventTypes } from '../../../src/core/event.ts'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import {
  changeEndpoint,
  deleteEndpoint,
  type EndpointView,
  enableEndpoint,
  makeEndpoint,
  showEndpoint,
} from '../../support/endpoints.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, post } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'

const url = 'https://hooks.example.com/reelhook'

async function listEndpoints(): Promise<EndpointView[]> {
  return (await (await api('/v1/endpoints')).json<{ data: EndpointView[] }>()).data
}

afterEach(async () => {
  await select('DELETE FROM endpoints')
})

describe('an endpoint', () => {
  it('needs only a URL, and shows its new secret only once', async () => {
    const endpoint = await makeEndpoint(url)
    expect(endpoint).toEqual({
      id: expect.stringMatching(/^ep_[0-9a-z]{26}$/),
      url,
      description: null,
      event_types: ['job.succeeded', 'job.failed', 'job.canceled'],
      format: 'reelhook',
      metadata: {},
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      disabled: false,
      disabled_at: null,
      disabled_by: null,
      created_at: expect.any(String),
    })
    const { secret: _, ...shown } = endpoint
    expect(await showEndpoint(endpoint)).toEqual(shown)
    expect(await listEndpoints()).toEqual([shown])
  })

  it('accepts every field', async () => {
    const fields = {
      description: 'The bank',
      event_types: ['output.stored'],
      metadata: { tenant: '7' },
      secret: `whsec_${btoa('a secret of the bank, 32 bytes..')}`,
      disabled: true,
    }
    expect(await makeEndpoint(url, fields)).toMatchObject({ url, ...fields, disabled_by: 'user' })
  })

  it.each([
    ['n8n', 'https://n8n.example.com/webhook-waiting/4242/resume?signature=0a1b2c3d4e5f&x=%7B%22a%22%3A1%7D'],
    ['Zapier', 'https://hooks.zapier.com/hooks/catch/1234567/abcdefg/'],
    [
      'Zapier at length',
      `https://hooks.zapier.com/hooks/standard/${'a'.repeat(900)}/?q=${'b'.repeat(1_000)}`,
    ],
  ])('keeps a URL of %s unchanged', async (_, opaque) => {
    expect((await showEndpoint(await makeEndpoint(opaque))).url).toBe(opaque)
  })

  it('changes only the given fields', async () => {
    const { secret: _, ...made } = await makeEndpoint(url, { metadata: { tenant: '7' } })
    const response = await changeEndpoint(made, { event_types: ['job.failed'], description: 'Changed' })
    const changed = { ...made, event_types: ['job.failed'], description: 'Changed' }
    expect(await response.json()).toEqual(changed)
    expect(await showEndpoint(made)).toEqual(changed)
    expect(await (await changeEndpoint(made, { description: null, metadata: {} })).json()).toEqual({
      ...changed,
      description: null,
      metadata: {},
    })
  })

  it('has a format, which changes by itself or together with its event types', async () => {
    const made = await makeEndpoint(url, { format: 'openai' })
    expect(made).toMatchObject({ format: 'openai', event_types: [...defaultEventTypes] })
    const changes = [
      { format: 'openrouter', event_types: ['job.failed'] },
      { format: 'reelhook', event_types: ['output.stored'] },
      { format: 'openai', event_types: ['job.canceled'] },
    ]
    for (const change of changes) {
      expect(await (await changeEndpoint(made, change)).json()).toMatchObject(change)
      expect(await showEndpoint(made)).toMatchObject(change)
    }
    expect(await (await changeEndpoint(made, { format: 'openrouter' })).json()).toMatchObject({
      format: 'openrouter',
      event_types: ['job.canceled'],
    })
  })

  it('does not change without fields', async () => {
    const { secret: _, ...made } = await makeEndpoint(url, { metadata: { tenant: '7' }, disabled: true })
    expect(await (await changeEndpoint(made, {})).json()).toEqual(made)
    expect(await showEndpoint(made)).toEqual(made)
  })

  it('stays disabled when its URL changes', async () => {
    const made = await makeEndpoint(url, { disabled: true })
    expect(await (await changeEndpoint(made, { url: `${url}/moved` })).json()).toMatchObject({
      url: `${url}/moved`,
      disabled: true,
      disabled_by: 'user',
    })
  })

  it('can be disabled by a user, and enabled by two different calls', async () => {
    const made = await makeEndpoint(url)
    await changeEndpoint(made, { disabled: true })
    expect(await showEndpoint(made)).toMatchObject({ disabled: true, disabled_by: 'user' })
    expect(await (await enableEndpoint(made)).json()).toMatchObject({ disabled: false, disabled_at: null })
    await changeEndpoint(made, { disabled: true })
    await changeEndpoint(made, { disabled: false })
    expect(await showEndpoint(made)).toMatchObject({ disabled: false, disabled_by: null })
  })

  it('is not found after it was deleted', async () => {
    const made = await makeEndpoint(url)
    expect((await deleteEndpoint(made)).status).toBe(204)
    await expectProblem(await api(`/v1/endpoints/${made.id}`), 404, 'not_found')
    expect(await listEndpoints()).toEqual([])
  })

  it('can be created and listed by any key, newest first', async () => {
    const headers = bearerHeader(await createApiKey())
    const older = await makeEndpoint(url)
    const newer: EndpointView = await (await post('/v1/endpoints', { url }, headers)).json()
    const { data } = await (await api('/v1/endpoints', { headers })).json<{ data: EndpointView[] }>()
    expect(data.map(({ id }) => id)).toEqual([newer.id, older.id])
  })
})

describe('a refused endpoint', () => {
  it('is refused if its format lacks one of its event types, with its other faults', async () => {
    const body = {
      url: 'https://localhost/hook',
      format: 'openai',
      event_types: ['job.failed', 'job.erased'],
    }
    const faulty = await expectProblem(await post('/v1/endpoints', body), 422, 'invalid_request')
    expect(faulty.errors).toMatchObject([
      { path: 'url' },
      {
        path: 'event_types',
        message: 'has job.erased, but the format openai has only job.succeeded, job.failed, job.canceled',
      },
    ])
    expect(
      pathsOf(
        await expectProblem(await post('/v1/endpoints', { url, format: 'soap' }), 422, 'invalid_request'),
      ),
    ).toEqual(['format'])
  })

  it('is refused if a change leaves it with event types that its format lacks', async () => {
    const own = await makeEndpoint(url, { event_types: ['job.failed', 'output.late'] })
    const format = await expectProblem(
      await changeEndpoint(own, { format: 'openrouter' }),
      422,
      'invalid_request',
    )
    expect(format.errors).toMatchObject([{ path: 'format', message: expect.stringContaining('output.late') }])
    const openai = await makeEndpoint(url, { format: 'openai' })
    for (const change of [
      { event_types: ['job.erased'] },
      { format: 'openai', event_types: ['job.erased'] },
    ]) {
      const types = await expectProblem(await changeEndpoint(openai, change), 422, 'invalid_request')
      expect(types.errors).toMatchObject([
        { path: 'event_types', message: expect.stringContaining('job.erased') },
      ])
    }
    expect([await showEndpoint(own), await showEndpoint(openai)]).toMatchObject([
      { format: 'reelhook', event_types: ['job.failed', 'output.late'] },
      { format: 'openai', event_types: [...defaultEventTypes] },
    ])
  })

  it('is refused with all of its faults at once', async () => {
    const body = {
      url: 'https://localhost/hook',
      event_types: ['job.born'],
      metadata: { tenant: 7 },
      secret: 'hunter2',
      description: 'd'.repeat(501),
      disabled: 'no',
      color: 'red',
    }
    const faulty = await expectProblem(await post('/v1/endpoints', body), 422, 'invalid_request')
    const paths = ['color', 'description', 'disabled', 'event_types.0', 'metadata.tenant', 'secret', 'url']
    expect(pathsOf(faulty)).toEqual(paths)
    const made = await makeEndpoint(url)
    const changed = await expectProblem(await changeEndpoint(made, body), 422, 'invalid_request')
    expect(pathsOf(changed)).toEqual(paths)
    expect(await showEndpoint(made)).toMatchObject({ url, description: null })
  })

  it.each([
    [{}, 'is not a URL'],
    [{ url: '' }, 'is not a URL'],
    [{ url: 'hooks.example.com' }, 'is not a URL'],
    [{ url: 'https://hooks.example.com:99999/' }, 'is not a URL'],
    [{ url: `https://a.example.com/${'p'.repeat(2_048)}` }, 'must have at most 2048 characters'],
    [{ url: 'http://hooks.example.com' }, 'must begin with https://'],
    [{ url: 'https://hooks.example.com:22' }, expect.stringMatching(/^must use port 443/)],
  ])('has an invalid URL, and the error names the reason: %j', async (body, message) => {
    const problem = await expectProblem(await post('/v1/endpoints', body), 422, 'invalid_request')
    expect(problem.errors).toEqual([{ path: 'url', message }])
  })

  it.each([[[]], [Array(eventTypes.length + 1).fill('job.failed')]])(
    'has no event type, or repeats one: %j',
    async (list) => {
      const problem = await expectProblem(
        await post('/v1/endpoints', { url, event_types: list }),
        422,
        'invalid_request',
      )
      expect(pathsOf(problem)).toEqual(['event_types'])
    },
  )

  it.each([[[]], [null], ['disabled'], [7]])(
    'is updated with a body that is not an object: %j',
    async (body) => {
      await expectProblem(await changeEndpoint(await makeEndpoint(url), body), 422, 'invalid_request')
    },
  )

  it.each([
    { url: null },
    { event_types: null },
    { metadata: null },
    { secret: null },
    { secret: '' },
    { disabled: null },
    { id: 'ep_other' },
    { disabled_by: 'failure' },
  ])('is updated with an invalid field: %j', async (body) => {
    const made = await makeEndpoint(url)
    const problem = await expectProblem(await changeEndpoint(made, body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(Object.keys(body))
    expect(await showEndpoint(made)).toMatchObject({ url, disabled: false })
  })

  it('is the fifty-first endpoint', async () => {
    await Promise.all(Array.from({ length: 50 }, () => makeEndpoint(url)))
    await expectProblem(await post('/v1/endpoints', { url }), 409, 'limit_reached')
    expect(await listEndpoints()).toHaveLength(50)
  })

  it('does not exist', async () => {
    const unknown = { id: 'ep_none' }
    await expectProblem(await api('/v1/endpoints/ep_none'), 404, 'not_found')
    await expectProblem(await changeEndpoint(unknown, { disabled: true }), 404, 'not_found')
    await expectProblem(await enableEndpoint(unknown), 404, 'not_found')
    await expectProblem(await deleteEndpoint(unknown), 404, 'not_found')
  })
})

describe('a hostile endpoint', () => {
  it.each([
    'http://hooks.example.com/hook',
    'https://127.0.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:10.0.0.1]/hook',
    'https://2130706433/hook',
    'https://8.8.8.8/hook',
    'https://reelhook.internal/hook',
    'https://user:hunter2@hooks.example.com/hook',
  ])('cannot have the URL %s', async (target) => {
    const problem = await expectProblem(await post('/v1/endpoints', { url: target }), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['url'])
    const made = await makeEndpoint(url)
    await expectProblem(await changeEndpoint(made, { url: target }), 422, 'invalid_request')
  })

  it('has no secret in clear text, neither in the database nor in the list', async () => {
    const { id, secret } = await makeEndpoint(url)
    const stored = JSON.stringify(await select('SELECT * FROM endpoints WHERE id = ?', id))
    expect(stored).not.toContain(secret.replace('whsec_', ''))
    expect(JSON.stringify(await listEndpoints())).not.toContain('whsec_')
  })

  it('is not shown without a key', async () => {
    await expectProblem(await api('/v1/endpoints', { headers: { authorization: '' } }), 401, 'unauthorized')
  })
})
