import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../src/core/view.ts'
import { expectProblem } from '../support/problem.ts'
import { api, postJob } from '../support/reelhook.ts'
import { bytesAtProvider, bytesOf, makeVideo } from '../support/videos.ts'

let job: JobView
let video: Uint8Array
let path: string

beforeAll(async () => {
  job = await makeVideo({ prompt: 'A paper boat sim(megabytes=1)' })
  video = (await bytesAtProvider(job.id))[0] ?? new Uint8Array()
  path = `/v1/jobs/${job.id}/outputs/0`
})

const get = (headers: Record<string, string> = {}, method = 'GET') => api(path, { method, headers })
const etag = () => `"${job.outputs[0]?.sha256}"`

describe('a stored video', () => {
  it('is served whole, byte by byte as the provider made it', async () => {
    const response = await get()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '1000000',
      'accept-ranges': 'bytes',
      etag: etag(),
      'content-disposition': `inline; filename="${job.id}-0.mp4"`,
    })
    expect(await bytesOf(response.body)).toEqual(video)
  })

  it('is described by HEAD as by GET, without a body', async () => {
    const response = await get({}, 'HEAD')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '1000000',
      etag: etag(),
    })
    expect((await bytesOf(response.body)).length).toBe(0)
  })

  it.each([
    ['the first byte', 'bytes=0-0', 0, 1],
    ['the beginning', 'bytes=0-99', 0, 100],
    ['the middle', 'bytes=500000-500999', 500_000, 501_000],
    ['the end, counted from the end', 'bytes=-100', 999_900, 1_000_000],
    ['everything from a byte on', 'bytes=999000-', 999_000, 1_000_000],
    ['everything', 'bytes=0-', 0, 1_000_000],
    ['more than there is', 'bytes=999999-2000000', 999_999, 1_000_000],
    ['more of the end than there is', 'bytes=-2000000', 0, 1_000_000],
  ])('is served in part: %s', async (_, range, from, to) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/1000000`)
    expect(response.headers.get('content-length')).toBe(String(to - from))
    expect(await bytesOf(response.body)).toEqual(video.slice(from, to))
  })

  it.each(['bytes=0-1,5-6', 'bytes=9-5', 'bytes=-', 'bytes=a-b', 'lines=0-1'])(
    'is served whole where %s cannot be understood or is not one range',
    async (range) => {
      const response = await get({ range })
      expect(response.status).toBe(200)
      expect((await bytesOf(response.body)).length).toBe(1_000_000)
    },
  )

  it('is not sent again to who has it', async () => {
    const response = await get({ 'if-none-match': etag() })
    expect(response.status).toBe(304)
    expect(response.headers.get('etag')).toBe(etag())
    expect((await bytesOf(response.body)).length).toBe(0)
  })

  it.each([
    ['in a list', () => `"other", ${etag()}`],
    ['as a weak tag', () => `W/${etag()}`],
    ['as any', () => '*'],
  ])('is not sent again to who names its ETag %s (RFC 9110 §13.1.2)', async (_, header) => {
    expect((await get({ 'if-none-match': header() })).status).toBe(304)
  })

  it('is sent to who has another', async () => {
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200)
  })
})

describe('a refused look at a video', () => {
  it.each(['bytes=1000000-', 'bytes=2000000-2000001', 'bytes=-0'])('is outside of it: %s', async (range) => {
    const response = await get({ range })
    expect(response.headers.get('content-range')).toBe('bytes */1000000')
    await expectProblem(response, 416, 'range_not_satisfiable')
  })

  it('comes before it is stored', async () => {
    const { id } = await postJob()
    await expectProblem(await api(`/v1/jobs/${id}/outputs/0`), 404, 'not_found')
  })

  it.each(['1', '99999999999'])('counts too far: output %s', async (n) => {
    await expectProblem(await api(`/v1/jobs/${job.id}/outputs/${n}`), 404, 'not_found')
  })

  it.each(['first', '-1', '0.5', '0.mp4'])('does not count: output %s', async (n) => {
    await expectProblem(await api(`/v1/jobs/${job.id}/outputs/${n}`), 422, 'invalid_request')
  })

  it('is of a job that is not there', async () => {
    await expectProblem(await api('/v1/jobs/job_none/outputs/0'), 404, 'not_found')
  })
})

describe('a hostile hand in the bucket', () => {
  it('that took the video away leaves a 404', async () => {
    const { id } = await makeVideo()
    await env.BUCKET.delete(`jobs/${id}/0.mp4`)
    await expectProblem(await api(`/v1/jobs/${id}/outputs/0`), 404, 'not_found')
  })
})
