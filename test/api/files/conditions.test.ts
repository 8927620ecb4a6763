/** Conditional requests for a video (RFC 9110 §13). test/core/http/preconditions.test.ts covers each header. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { bytesOf, makeVideo } from '../../support/videos.ts'

let job: JobView
let path: string
let storedAt: string

beforeAll(async () => {
  job = await makeVideo()
  path = `/v1/jobs/${job.id}/outputs/0`
  storedAt = (await get({}, 'HEAD')).headers.get('last-modified') ?? ''
})

const get = (headers: Record<string, string> = {}, method = 'GET') => api(path, { method, headers })
const etag = () => `"${job.outputs[0]?.sha256}"`

const longAgo = 'Thu, 01 Jan 1970 00:00:00 GMT'

describe.each(['GET', 'HEAD'])('a video is not sent again to a %s', (method) => {
  it.each([
    ['with its ETag', () => ({ 'if-none-match': etag() })],
    ['with a list that has its ETag', () => ({ 'if-none-match': `"other", ${etag()}` })],
    ['with its ETag as a weak one', () => ({ 'if-none-match': `W/${etag()}` })],
    ['with *', () => ({ 'if-none-match': '*' })],
    ['with the time of its storage', () => ({ 'if-modified-since': storedAt })],
    ['with its ETag and a range', () => ({ 'if-none-match': etag(), range: 'bytes=0-9' })],
    [
      'with its ETag and a range outside the video',
      () => ({ 'if-none-match': etag(), range: 'bytes=99999999-' }),
    ],
  ])('%s', async (_, headers) => {
    const response = await get(headers(), method)
    expect(response.status).toBe(304)
    expect((await bytesOf(response.body)).length).toBe(0)
    // A 304 has only the headers with which a cache can continue to use its copy (§15.4.5).
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: etag(),
      'last-modified': storedAt,
      'cache-control': 'private, no-cache',
    })
    for (const name of ['content-type', 'content-length', 'content-range', 'content-disposition']) {
      expect(response.headers.get(name), name).toBeNull()
    }
  })
})

describe('a video is sent to a client', () => {
  it.each([
    ['with another ETag', () => ({ 'if-none-match': '"other"' })],
    ['with an older time', () => ({ 'if-modified-since': longAgo })],
    ['with an invalid time', () => ({ 'if-modified-since': 'yesterday' })],
    ['with If-Match for its ETag', () => ({ 'if-match': etag() })],
    ['with If-Unmodified-Since for its time', () => ({ 'if-unmodified-since': storedAt })],
    [
      'with another ETag, whatever the time',
      () => ({ 'if-none-match': '"other"', 'if-modified-since': storedAt }),
    ],
  ])('%s', async (_, headers) => {
    const response = await get(headers())
    expect(response.status).toBe(200)
    expect((await bytesOf(response.body)).length).toBe(job.outputs[0]?.bytes)
  })
})

describe('a video is refused to a client', () => {
  it.each([
    ['with If-Match for another ETag', () => ({ 'if-match': '"other"' })],
    ['with If-Match for its ETag as a weak one', () => ({ 'if-match': `W/${etag()}` })],
    ['with If-Unmodified-Since for an earlier time', () => ({ 'if-unmodified-since': longAgo })],
    [
      'with If-Match for another ETag, whatever the range',
      () => ({ 'if-match': '"other"', range: 'bytes=99999999-' }),
    ],
  ])('%s', async (_, headers) => {
    await expectProblem(await get(headers()), 412, 'precondition_failed')
    expect((await get(headers(), 'HEAD')).status).toBe(412)
  })
})
