/** The access rules in the introduction of the description, for keys without a project. */
import { beforeAll, describe, expect, it } from 'vitest'
import { scopes } from '../../src/core/access.ts'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from '../support/api-keys.ts'
import { aFile } from '../support/assets.ts'
import { deliveriesOf } from '../support/deliveries.ts'
import { api, post, untilNotified, untilStatus } from '../support/reelhook.ts'
import { finish } from '../support/videos.ts'
import { callerUrl } from '../support/world.ts'

interface Document {
  info: { description: string }
  paths: Record<string, unknown>
}

let document: Document
let creator: NewApiKey
let other: NewApiKey

beforeAll(async () => {
  document = await (await api('/openapi.json')).json()
  creator = await createApiKey('the creator')
  other = await createApiKey('another key')
})

describe('the introduction of the description', () => {
  it('mentions every group of routes', () => {
    const groups = Object.keys(document.paths).map((path) => path.split('/').slice(0, 3).join('/'))
    const unnamed = [...new Set(groups)].filter((group) => !document.info.description.includes(`\`${group}`))
    expect(unnamed).toEqual([])
  })

  it('mentions every scope', () => {
    const unnamed = scopes.filter((scope) => !document.info.description.includes(`\`${scope}\``))
    expect(unnamed).toEqual([])
  })
})

describe('a key of the team', () => {
  it('can see and change what another key created', async () => {
    const { id } = await (await postJobWith(creator)).json<{ id: string }>()
    await finish(id)
    await untilStatus(id, 'succeeded')
    await untilNotified(id)
    const [delivery] = await deliveriesOf(id)
    const headers = { ...bearerHeader(creator), 'content-type': 'image/png' }
    const uploaded = await api('/v1/assets', { method: 'POST', headers, body: aFile('image/png') })
    const asset = await uploaded.json<{ id: string }>()
    const endpoint = await (
      await post('/v1/endpoints', { url: `${callerUrl}/theirs`, disabled: true }, bearerHeader(creator))
    ).json<{ id: string }>()

    const calls: [string, string][] = [
      ['GET', `/v1/jobs/${id}`],
      ['GET', `/v1/jobs/${id}/events`],
      ['GET', `/v1/jobs/${id}/outputs/0`],
      ['POST', `/v1/jobs/${id}/links`],
      ['GET', `/v1/deliveries/${delivery?.id}`],
      ['POST', `/v1/deliveries/${delivery?.id}/redeliver`],
      ['GET', `/v1/assets/${asset.id}`],
      ['GET', `/v1/assets/${asset.id}/content`],
      ['GET', `/v1/endpoints/${endpoint.id}`],
      ['POST', `/v1/endpoints/${endpoint.id}/enable`],
      ['DELETE', `/v1/endpoints/${endpoint.id}`],
      ['DELETE', `/v1/assets/${asset.id}`],
      ['DELETE', `/v1/jobs/${id}?force=true`],
    ]
    for (const [method, path] of calls) {
      const json = path.endsWith('/links') ? { 'content-type': 'application/json' } : {}
      const body = path.endsWith('/links') ? '{}' : null
      const response = await api(path, { method, headers: { ...bearerHeader(other), ...json }, body })
      expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true)
      await response.arrayBuffer()
    }
  })

  it('has separate Idempotency-Keys', async () => {
    const once = { 'idempotency-key': 'once' }
    const [mine, theirs] = [await postJobWith(creator, {}, once), await postJobWith(other, {}, once)]
    expect((await mine.json<{ id: string }>()).id).not.toBe((await theirs.json<{ id: string }>()).id)
  })

  it('can manage its callbacks and its secret, but no other key', async () => {
    const statusOf = async (method: string, path: string) =>
      (await api(path, { method, headers: bearerHeader(other) })).status
    for (const [method, action] of [
      ['GET', 'disabled-callbacks'],
      ['POST', 'enable-callbacks'],
      ['POST', 'rotate-secret'],
    ] as const) {
      expect(await statusOf(method, `/v1/api-keys/${other.id}/${action}`), action).toBe(200)
      expect(await statusOf(method, `/v1/api-keys/${creator.id}/${action}`), action).toBe(403)
    }
    expect(await statusOf('GET', '/v1/api-keys')).toBe(403)
    expect(await statusOf('POST', '/v1/api-keys')).toBe(403)
    expect(await statusOf('DELETE', `/v1/api-keys/${other.id}`)).toBe(403)
  })
})
