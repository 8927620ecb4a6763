/** Conditional requests for a video (RFC 9110 §13); test/core/precondition.test.ts walks through what each header says. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
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
    ['that names its ETag', () => ({ 'if-none-match': etag() })],
    ['that names it in a list', () => ({ 'if-none-match': `"other", ${etag()}` })],
    ['that names it as weak', () => ({ 'if-none-match': `W/${etag()}` })],
    ['that names any', () => ({ 'if-none-match': '*' })],
    ['that has it since it was stored', () => ({ 'if-modified-since': storedAt })],
    ['that has it and asks for a part', () => ({ 'if-none-match': etag(), range: 'bytes=0-9' })],
    [
      'that has it and asks for what is not in it',
      () => ({ 'if-none-match': etag(), range: 'bytes=99999999-' }),
    ],
  ])('%s', async (_, headers) => {
    const response = await get(headers(), method)
    expect(response.status).toBe(304)
    expect((await bytesOf(response.body)).length).toBe(0)
    // What it says lets a cache go on with what it has (§15.4.5), and nothing else.
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: etag(),
      'last-modified': storedAt,
      'cache-control': 'private, max-age=31536000, immutable',
    })
    for (const name of ['content-type', 'content-length', 'content-range', 'content-disposition']) {
      expect(response.headers.get(name), name).toBeNull()
    }
  })
})

describe('a video is sent', () => {
  it.each([
    ['to who has another', () => ({ 'if-none-match': '"other"' })],
    ['to who has an older one', () => ({ 'if-modified-since': longAgo })],
    ['to who names no time', () => ({ 'if-modified-since': 'yesterday' })],
    ['to who wants just this one', () => ({ 'if-match': etag() })],
    ['to who wants it unmodified', () => ({ 'if-unmodified-since': storedAt })],
    [
      'to who has another, whatever the time',
      () => ({ 'if-none-match': '"other"', 'if-modified-since': storedAt }),
    ],
  ])('%s', async (_, headers) => {
    const response = await get(headers())
    expect(response.status).toBe(200)
    expect((await bytesOf(response.body)).length).toBe(job.outputs[0]?.bytes)
  })
})

describe('a video is refused', () => {
  it.each([
    ['to who wants another', () => ({ 'if-match': '"other"' })],
    ['to who wants this one weakly', () => ({ 'if-match': `W/${etag()}` })],
    ['to who wants it from before it was stored', () => ({ 'if-unmodified-since': longAgo })],
    ['whatever part of it is wanted', () => ({ 'if-match': '"other"', range: 'bytes=99999999-' })],
  ])('%s', async (_, headers) => {
    await expectProblem(await get(headers()), 412, 'precondition_failed')
    expect((await get(headers(), 'HEAD')).status).toBe(412)
  })
})
