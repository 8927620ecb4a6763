import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, post, postJob } from '../../support/reelhook.ts'
import { bytesOf, failVideo, makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const withoutKey = { headers: { authorization: '' } }
const seconds = 1_000
const day = 24 * 60 * 60

let job: JobView

beforeAll(async () => {
  job = await makeVideo({ count: 2 })
})

interface Link {
  n: number
  url: string
  url_expires_at: string
}

async function linksFrom(response: Response): Promise<Link[]> {
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json<{ data: Link[] }>()).data
}

const open = ({ url }: Link) => api(url.replace(new URL(url).origin, ''), withoutKey)

describe('new links to the videos of a job', () => {
  it('are one for each video, and open only that video', async () => {
    const links = await linksFrom(await post(`/v1/jobs/${job.id}/links`, {}))
    expect(links.map(({ n }) => n)).toEqual([0, 1])
    for (const link of links) {
      const response = await open(link)
      expect(response.status).toBe(200)
      expect(response.headers.get('etag')).toBe(`"${job.outputs[link.n]?.sha256}"`)
      await bytesOf(response.body)
    }
  })

  it('are valid for the requested time', async () => {
    const [link] = await linksFrom(await post(`/v1/jobs/${job.id}/links`, { expires_in_seconds: 60 }))
    if (link === undefined) throw new Error('there is no link')
    expect(Date.parse(link.url_expires_at)).toBeLessThanOrEqual(world.edges.now() + 60 * seconds)
    const response = await open(link)
    expect(response.headers.get('cache-control')).toMatch(/^public, max-age=(59|60), /)
    await bytesOf(response.body)
    await world.advance(61 * seconds)
    await expectProblem(await open(link), 401, 'unauthorized')
  })

  it('are valid for seven days without a body', async () => {
    const [link] = await linksFrom(await api(`/v1/jobs/${job.id}/links`, { method: 'POST' }))
    const lifetime = Date.parse(link?.url_expires_at ?? '') - world.edges.now()
    expect(lifetime).toBeGreaterThan((7 * day - 2) * seconds)
    expect(lifetime).toBeLessThanOrEqual(7 * day * seconds)
  })

  it('do not affect earlier links', async () => {
    await post(`/v1/jobs/${job.id}/links`, { expires_in_seconds: 1 })
    const [output] = job.outputs
    const response = await open({ n: 0, url: output?.url ?? '', url_expires_at: '' })
    expect(response.status).toBe(200)
    await bytesOf(response.body)
  })

  it('are an empty list if no video is stored', async () => {
    const failed = await failVideo()
    const waiting = await postJob()
    for (const { id } of [failed, waiting]) {
      expect(await linksFrom(await post(`/v1/jobs/${id}/links`, {}))).toEqual([])
    }
  })
})

describe('new links are refused', () => {
  it('for a job that is not there', async () => {
    await expectProblem(await post('/v1/jobs/job_none/links', {}), 404, 'not_found')
  })

  it('without a key, even with a signed link', async () => {
    const { search } = new URL(job.outputs[0]?.url ?? '')
    for (const query of ['', search]) {
      const response = await api(`/v1/jobs/${job.id}/links${query}`, { method: 'POST', ...withoutKey })
      await expectProblem(response, 401, 'unauthorized')
    }
  })

  it.each([0, -1, 1.5, 7 * day + 1, '60', null])('for %j seconds', async (expires_in_seconds) => {
    const response = await post(`/v1/jobs/${job.id}/links`, { expires_in_seconds })
    expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(['expires_in_seconds'])
  })

  it('for an unknown field', async () => {
    const response = await post(`/v1/jobs/${job.id}/links`, { expires: 60 })
    expect(pathsOf(await expectProblem(response, 422, 'invalid_request'))).toEqual(['expires'])
  })

  it('for a body that is not JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    const broken = await api(`/v1/jobs/${job.id}/links`, { method: 'POST', headers, body: '{' })
    await expectProblem(broken, 400, 'invalid_json')
    const form = await api(`/v1/jobs/${job.id}/links`, {
      method: 'POST',
      body: new URLSearchParams({ a: '1' }),
    })
    await expectProblem(form, 415, 'unsupported_media_type')
  })
})
