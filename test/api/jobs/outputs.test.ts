import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { readHttpDate } from '../../../src/core/http/http-date.ts'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, postJob } from '../../support/reelhook.ts'
import { bytesAtProvider, bytesOf, makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

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
  it('is served with exactly the bytes of the provider', async () => {
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

  it('has the same headers for HEAD, without a body', async () => {
    const response = await get({}, 'HEAD')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '1000000',
      etag: etag(),
    })
    expect((await bytesOf(response.body)).length).toBe(0)
  })

  it('has the time of its storage, and accepts ranges', async () => {
    const { headers } = await get()
    expect(readHttpDate(headers.get('last-modified') ?? '')).toBeLessThanOrEqual(world.edges.now())
    expect(headers.get('accept-ranges')).toBe('bytes')
  })

  it('is never sniffed as a page by a browser', async () => {
    expect((await get()).headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is shown by a browser, or saved with download=1', async () => {
    const shown = (await get()).headers.get('content-disposition')
    const saved = (await api(`${path}?download=1`)).headers.get('content-disposition')
    expect(shown).toBe(`inline; filename="${job.id}-0.mp4"`)
    expect(saved).toBe(`attachment; filename="${job.id}-0.mp4"`)
  })

  it('is cacheable only by the caller with the key, which revalidates it before each use', async () => {
    expect((await get()).headers.get('cache-control')).toBe('private, no-cache')
  })
})

describe('a request for a video is refused', () => {
  it('before it is stored', async () => {
    const { id } = await postJob()
    await expectProblem(await api(`/v1/jobs/${id}/outputs/0`), 404, 'not_found')
  })

  it.each(['1', '99999999999'])('for an output that the job does not have: %s', async (n) => {
    await expectProblem(await api(`/v1/jobs/${job.id}/outputs/${n}`), 404, 'not_found')
  })

  it.each(['first', '-1', '0.5', '0.mp4'])('for an output that is not a number: %s', async (n) => {
    await expectProblem(await api(`/v1/jobs/${job.id}/outputs/${n}`), 404, 'not_found')
  })

  it('for an invalid download parameter', async () => {
    await expectProblem(await api(`${path}?download=yes`), 422, 'invalid_request')
  })

  it('with a response that is not cacheable', async () => {
    const response = await api(`/v1/jobs/${job.id}/outputs/1`)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('for an unknown job', async () => {
    await expectProblem(await api('/v1/jobs/job_none/outputs/0'), 404, 'not_found')
  })
})

describe('a video that is no longer in the bucket', () => {
  it('is not found', async () => {
    const { id } = await makeVideo()
    await env.BUCKET.delete(`jobs/${id}/0.mp4`)
    await expectProblem(await api(`/v1/jobs/${id}/outputs/0`), 404, 'not_found')
  })
})
