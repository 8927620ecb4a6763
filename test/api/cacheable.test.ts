/** Answers that may be kept: each caller gets the same, so nothing of one caller's request is in them. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { ApiEnv } from '../../src/api/router.ts'
import { describeApi } from '../../src/api/system/openapi.ts'
import { anAsset } from '../support/assets.ts'
import { api } from '../support/reelhook.ts'
import { makeVideo } from '../support/videos.ts'

const documents = ['/openapi.json', '/.well-known/webhook-keys.json']
const withoutKey = { authorization: '' }
let files: string[]

beforeAll(async () => {
  const { id, outputs } = await makeVideo()
  const link = new URL(outputs[0]?.url ?? '')
  const asset = await anAsset()
  files = [`${link.pathname}${link.search}`, `/v1/jobs/${id}/outputs/0`, `/v1/assets/${asset.id}/content`]
})

describe('an answer that may be kept', () => {
  it('has nothing of what its caller sent', async () => {
    const said = { 'x-request-id': 'chosen-by-the-caller', origin: 'https://chosen-by-the-caller.test' }
    for (const path of [...documents, ...files]) {
      const etag = (await api(path)).headers.get('etag') ?? ''
      const ways: [number, RequestInit][] = [
        [200, { headers: said }],
        [200, { method: 'HEAD', headers: said }],
        [304, { headers: { ...said, 'if-none-match': etag } }],
        ...(files.includes(path)
          ? [[206, { headers: { ...said, range: 'bytes=0-1' } }] as [number, RequestInit]]
          : []),
      ]
      for (const [status, init] of ways) {
        const answer = await api(path, init)
        expect(answer.status, path).toBe(status)
        expect(answer.headers.get('cache-control'), path).toMatch(/max-age=\d+/)
        expect(JSON.stringify([...answer.headers]), path).not.toMatch(/chosen-by-the-caller|x-request-id/)
        await answer.arrayBuffer()
      }
    }
  })

  it('is alone in that: others have the id that their caller gave', async () => {
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
  it('may be kept by everyone for minutes, and has an ETag', async () => {
    const { status, headers } = await api(path, { headers: withoutKey })
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d{3,4}$/)
    expect(headers.get('etag')).toMatch(/^"[^"]+"$/)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('is not sent again to a caller that has it', async () => {
    const etag = (await api(path)).headers.get('etag') ?? ''
    for (const tags of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const answer = await api(path, { headers: { 'if-none-match': tags } })
      expect([answer.status, await answer.text()], tags).toEqual([304, ''])
      expect(answer.headers.get('etag')).toBe(etag)
      expect(answer.headers.get('cache-control')).toMatch(/^public/)
    }
    expect((await api(path, { headers: { 'if-none-match': '"another"' } })).status).toBe(200)
  })

  it('answers HEAD with the same headers and no body', async () => {
    const [get, head] = [await api(path), await api(path, { method: 'HEAD' })]
    expect(await head.text()).toBe('')
    for (const name of ['etag', 'cache-control', 'content-type']) {
      expect(head.headers.get(name), name).toBe(get.headers.get(name))
    }
  })
})

it('writes the description once for all requests', async () => {
  const api = new OpenAPIHono<ApiEnv>()
  describeApi(api)
  const write = vi.spyOn(api, 'getOpenAPI31Document')
  const documents = new Set<string>()
  for (const _ of [1, 2, 3]) documents.add(await (await api.request('/openapi.json')).text())
  expect(documents.size).toBe(1)
  expect(write).toHaveBeenCalledTimes(1)
})
