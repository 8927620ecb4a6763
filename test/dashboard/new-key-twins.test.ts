/** A form of a new key that is sent twice at the same time. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { scopes } from '../../src/core/access.ts'
import { visitorWith } from '../support/pages.ts'
import { api } from '../support/reelhook.ts'

it('never leaves a second key without a word', async () => {
  const admin = await visitorWith(env.ADMIN_API_KEY)
  const form = { name: 'twin', scopes: [...scopes], newest: '' }
  const pages = await Promise.all([admin.post('/keys/new', form), admin.post('/keys/new', form)])
  const { data } = await (await api('/v1/api-keys')).json<{ data: { id: string; name: string }[] }>()
  const twins = data.filter(({ name }) => name === 'twin')
  expect(twins).toHaveLength(2)
  const [named] = pages.filter(({ html }) => html.includes('The form was sent twice'))
  for (const { id } of twins) expect(named?.html).toContain(`href="/keys/${id}"`)
})

it('disables its button while it is sent', async () => {
  const { html } = await (await visitorWith(env.ADMIN_API_KEY)).get('/keys/new')
  expect(html).toContain('src="/static/keys.js"')
})
