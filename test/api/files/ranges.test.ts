/** Ranges of a stored video (RFC 9110 §14). test/core/http/byte-ranges.test.ts covers the header itself. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { withMethods } from '../../media/a-copy.ts'
import { ask } from '../../support/api-call.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { bytesAtProvider, bytesOf, makeVideo } from '../../support/videos.ts'

let job: JobView
let video: Uint8Array
let path: string

beforeAll(async () => {
  job = await makeVideo({ prompt: 'A paper boat sim(megabytes=1)' })
  video = (await bytesAtProvider(job.id))[0] ?? new Uint8Array()
  path = `/v1/jobs/${job.id}/outputs/0`
})

const get = (headers: Record<string, string> = {}, method = 'GET') => api(path, { method, headers })

describe('one range', () => {
  it.each([
    ['the first byte', 'bytes=0-0', 0, 1],
    ['the beginning', 'bytes=0-99', 0, 100],
    ['the middle', 'bytes=500000-500999', 500_000, 501_000],
    ['the end, counted from the end', 'bytes=-100', 999_900, 1_000_000],
    ['everything after a byte', 'bytes=999000-', 999_000, 1_000_000],
    ['everything', 'bytes=0-', 0, 1_000_000],
    ['more bytes than the file has', 'bytes=999999-2000000', 999_999, 1_000_000],
    ['a longer end than the file has', 'bytes=-2000000', 0, 1_000_000],
  ])('is returned with 206 and its Content-Range: %s', async (_, range, from, to) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-range': `bytes ${from}-${to - 1}/1000000`,
      'content-length': String(to - from),
      etag: `"${job.outputs[0]?.sha256}"`,
      'last-modified': expect.stringMatching(/GMT$/),
      'cache-control': 'private, no-cache',
    })
    expect(await bytesOf(response.body)).toEqual(video.slice(from, to))
  })
})

describe('the whole video is returned', () => {
  it.each(['bytes=0-9,-1', 'bytes=500-599,600-699', 'bytes=2000000-,500-599', 'bytes=1000000-,-0'])(
    'for several ranges (§14.2): %s',
    async (range) => {
      const response = await get({ range })
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('video/mp4')
      expect(response.headers.get('content-range')).toBeNull()
      expect(await bytesOf(response.body)).toEqual(video)
    },
  )

  it.each(['bytes=9-5', 'bytes=-', 'bytes=a-b', 'lines=0-1'])(
    'for a Range header that is not valid: %s',
    async (range) => {
      const response = await get({ range })
      expect(response.status).toBe(200)
      expect((await bytesOf(response.body)).length).toBe(1_000_000)
    },
  )

  it.each(['bytes=0-9', 'bytes=2000000-'])(
    'in the Content-Length of a HEAD request, which has no ranges (§14.2): %s',
    async (range) => {
      const response = await get({ range }, 'HEAD')
      expect(response.status).toBe(200)
      expect(response.headers.get('content-length')).toBe('1000000')
      expect(response.headers.get('content-range')).toBeNull()
    },
  )

  it.each([
    ['another ETag', () => '"other"'],
    ['a weak ETag', () => `W/"${job.outputs[0]?.sha256}"`],
    ['another time', () => 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])('if If-Range names %s', async (_, ifRange) => {
    const response = await get({ range: 'bytes=0-9', 'if-range': ifRange() })
    expect(response.status).toBe(200)
    expect((await bytesOf(response.body)).length).toBe(1_000_000)
  })
})

describe('a range with If-Range', () => {
  it('is returned if If-Range names the current ETag or time', async () => {
    const { headers } = await get({}, 'HEAD')
    for (const name of ['etag', 'last-modified']) {
      const response = await get({ range: 'bytes=0-9', 'if-range': headers.get(name) ?? '' })
      expect(response.status).toBe(206)
      expect((await bytesOf(response.body)).length).toBe(10)
    }
  })
})

describe('a range outside the video', () => {
  it.each(['bytes=1000000-', 'bytes=2000000-2000001', 'bytes=-0'])(
    'is refused with 416 and the size of the video: %s',
    async (range) => {
      const response = await get({ range })
      expect(response.headers.get('content-range')).toBe('bytes */1000000')
      await expectProblem(response, 416, 'range_not_satisfiable')
    },
  )

  it('is ignored if If-Range names another ETag', async () => {
    expect((await get({ range: 'bytes=2000000-', 'if-range': '"other"' })).status).toBe(200)
  })
})

describe('a range of a video that is no longer in the bucket', () => {
  it('returns 404', async () => {
    const init = { headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, range: 'bytes=0-9' } }
    const BUCKET = withMethods(env.BUCKET, { get: async () => null })
    await expectProblem(await ask(path, init, { BUCKET }), 404, 'not_found')
  })
})
