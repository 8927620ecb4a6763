/** Cacheable responses: every caller gets the same, so they contain nothing of one caller's request. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { describeApi } from '../../src/api/description/openapi.ts'
import type { ApiEnv } from '../../src/api/router.ts'
import { anAsset } from '../support/assets.ts'
import { api } from '../support/reelhook.ts'
import { makeVideo } from '../support/videos.ts'

const documents = ['/openapi.json', '/.well-known/webhook-keys.json', '/docs', '/docs/problems/pruned']
const withoutKey = { authorization: '' }
const cacheControl = /^(?:public, max-age=\d+|private, no-cache$)/
let files: string[]

beforeAll(async () => {
  const { id, outputs } = await makeVideo()
  const link = new URL(outputs[0]?.url ?? '')
  const asset = await anAsset()
  files = [`${link.pathname}${link.search}`, `/v1/jobs/${id}/outputs/0`, `/v1/assets/${asset.id}/content`]
})

describe('a cacheable response', () => {
  it('contains nothing that its caller sent', async () => {
    const sent = { 'x-request-id': 'chosen-by-the-caller', origin: 'https://chosen-by-the-caller.test' }
    for (const path of [...documents, ...files]) {
      const etag = (await api(path)).headers.get('etag') ?? ''
      const ways: [number, RequestInit][] = [
        [200, { headers: sent }],
        [200, { method: 'HEAD', headers: sent }],
        [304, { headers: { ...sent, 'if-none-match': etag } }],
        ...(files.includes(path)
          ? [[206, { headers: { ...sent, range: 'bytes=0-1' } }] as [number, RequestInit]]
          : []),
      ]
      for (const [status, init] of ways) {
        const response = await api(path, init)
        expect(response.status, path).toBe(status)
        expect(response.headers.get('cache-control'), path).toMatch(cacheControl)
        expect(JSON.stringify([...response.headers]), path).not.toMatch(/chosen-by-the-caller|x-request-id/)
        await response.arrayBuffer()
      }
    }
  })

  it('differs from other responses, which return the request id of their caller', async () => {
    for (const path of ['/healthz', '/v1/models', '/nothing']) {
      const { headers } = await api(path, { headers: { 'x-request-id': 'chosen-by-the-caller' } })
      expect([headers.get('x-request-id'), headers.get('cache-control')]).toEqual([
        'chosen-by-the-caller',
        'no-store',
      ])
    }
  })
})

describe.each(documents)('%s', (path) => {
  it('is public for some minutes, and has an ETag', async () => {
    const { status, headers } = await api(path, { headers: withoutKey })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d{3,4}$/)
    expect(headers.get('etag')).toMatch(/^"[^"]+"$/)
    expect(headers.get('content-type')).toMatch(/^(application\/json|text\/html; charset=UTF-8)/)
  })

  it('is not sent again to a client that has it', async () => {
    const etag = (await api(path)).headers.get('etag') ?? ''
    for (const tags of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const response = await api(path, { headers: { 'if-none-match': tags } })
      expect([response.status, await response.text()], tags).toEqual([304, ''])
      expect(response.headers.get('etag')).toBe(etag)
      expect(response.headers.get('cache-control')).toMatch(/^public/)
    }
    expect((await api(path, { headers: { 'if-none-match': '"another"' } })).status).toBe(200)
  })

  it('returns the same headers to HEAD, without a body', async () => {
    const [get, head] = [await api(path), await api(path, { method: 'HEAD' })]
    expect(await head.text()).toBe('')
    for (const name of ['etag', 'cache-control', 'content-type']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name))
    }
  })
})

it('builds the description once for all requests', async () => {
  const api = new OpenAPIHono<ApiEnv>()
  describeApi(api)
  const write = vi.spyOn(api, 'getOpenAPI31Document')
  const documents = new Set<string>()
  for (const _ of [1, 2, 3]) documents.add(await (await api.request('/openapi.json')).text())
  expect(documents.size).toBe(1)
  expect(write).toHaveBeenCalledTimes(1)
})
