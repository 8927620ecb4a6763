/** The OpenAI dialect: the models that a client lists. */
import { expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { api } from '../../support/reelhook.ts'
import { errorIn } from '../../support/videos-dialect.ts'

const path = '/openai/v1/models'

it('lists the aliases and our own names', async () => {
  const response = await api(path)
  const { object, data } = await response.json<{ object: string; data: { id: string }[] }>()
  expect([response.status, object]).toEqual([200, 'list'])
  expect(data.map(({ id }) => id).toSorted()).toEqual([
    'seedance-2.0',
    'seedance-2.0-fast',
    'seedance-2.0-mini',
    'seedance-2.5',
    'sora-2',
    'sora-2-pro',
  ])
  expect(data).toContainEqual({ id: 'sora-2', object: 'model', created: 0, owned_by: 'bytedance' })
})

it.each(['sora-2', 'seedance-2.0', 'sora-2-2025-10-06', 'openai%2Fsora-2'])('shows %s', async (id) => {
  const response = await api(`${path}/${id}`)
  expect(await response.json()).toMatchObject({ id: decodeURIComponent(id), object: 'model' })
})

it.each(['gpt-5', '%2e%2e%2f', '%ff', 'x%2Fy%2Fsora-2'])('has no model %s', async (id) => {
  const response = await api(`${path}/${id}`)
  expect(response.headers.get('x-should-retry')).toBe('false')
  await errorIn(response, 404)
})

it('shows them to a key with any scope only', async () => {
  const reader = bearerHeader(await createApiKey('any scope', { scopes: ['deliveries'] }))
  expect((await api(path, { headers: reader })).status).toBe(200)
  await errorIn(await api(path, { headers: { authorization: 'Bearer none' } }), 401)
})
