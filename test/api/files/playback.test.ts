/** Playing a video through the cache in front of the Worker: what fills it, and what is then answered without the Worker. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { ask } from '../../support/api-call.ts'
import { anAsset } from '../../support/assets.ts'
import { createEdgeCache, type EdgeCache } from '../../support/platform/edge-cache.ts'
import { untilNotified } from '../../support/reelhook.ts'
import { fetchWith, sweepWith } from '../../support/runtime.ts'
import { bytesAtProvider, bytesOf, makeVideo } from '../../support/videos.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const size = 1_000_000
const days = 24 * 60 * 60 * 1_000
const adminKey = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

let job: JobView
let video: Uint8Array
let cache: EdgeCache
/** The requests that reached the Worker. */
let reached: string[]

beforeAll(async () => {
  job = await makeVideo({ prompt: 'A paper boat sim(megabytes=1)' })
  video = (await bytesAtProvider(job.id))[0] ?? new Uint8Array()
})

beforeEach(() => {
  reached = []
  cache = createEdgeCache((request) => {
    reached.push(`${request.method} ${request.headers.get('range') ?? 'whole'}`)
    return exports.default.fetch(request)
  }, world.edges.now)
})

const linkOf = ({ outputs }: JobView) => outputs[0]?.url ?? ''

/** Reads the whole response, so that the cache can store it. */
async function play(range?: string, headers: Record<string, string> = {}, url = linkOf(job)) {
  const request = new Request(url, { headers: { ...headers, ...(range && { range }) } })
  const response = await cache.fetch(request)
  const bytes = await bytesOf(response.body)
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    from: response.headers.get('cf-cache-status'),
  }
}

describe('the first play of a signed link', () => {
  it('gets the whole video for "bytes=0-", and fills the cache', async () => {
    const first = await play('bytes=0-')
    expect([first.status, first.from]).toEqual([200, 'MISS'])
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': String(size),
      'cache-control': expect.stringMatching(/^public, max-age=\d+, immutable, must-revalidate$/),
      etag: `"${job.outputs[0]?.sha256}"`,
    })
    expect(first.headers.get('content-range')).toBeNull()
    expect(first.bytes).toEqual(video)
    const second = await play('bytes=0-')
    expect([second.status, second.from]).toEqual([206, 'HIT'])
    expect(second.bytes).toEqual(video)
    expect(reached).toEqual(['GET bytes=0-'])
  })

  it('lets every later seek be answered by the cache', async () => {
    await play('bytes=0-')
    for (const [from, to] of [
      [500_000, 500_999],
      [999_999, 999_999],
    ] as const) {
      const part = await play(`bytes=${from}-${to}`)
      expect([part.status, part.from]).toEqual([206, 'HIT'])
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to}/${size}`)
      expect(part.bytes).toEqual(video.slice(from, to + 1))
    }
    expect(reached).toEqual(['GET bytes=0-'])
  })

  it('gets the whole video if If-Range names the current ETag', async () => {
    const first = await play('bytes=0-', { 'if-range': `"${job.outputs[0]?.sha256}"` })
    expect([first.status, first.bytes.length]).toEqual([200, size])
  })

  it('gets nothing if the client already has the video', async () => {
    const first = await play('bytes=0-', { 'if-none-match': `"${job.outputs[0]?.sha256}"` })
    expect([first.status, first.bytes.length]).toEqual([304, 0])
  })

  it('lets a page of another origin read the cached video', async () => {
    await play('bytes=0-')
    const { from, headers } = await play('bytes=0-', { origin: 'https://gallery.example.com' })
    expect([from, headers.get('access-control-allow-origin')]).toEqual(['HIT', '*'])
  })
})

describe('a player that first requests two bytes, such as Safari', () => {
  it('gets exactly these, which are not stored', async () => {
    for (const _ of [1, 2]) {
      const probe = await play('bytes=0-1')
      expect([probe.status, probe.from]).toEqual([206, 'MISS'])
      expect(probe.headers.get('content-range')).toBe(`bytes 0-1/${size}`)
      expect(probe.bytes).toEqual(video.slice(0, 2))
    }
  })

  it('gets them from the cache once the video is stored', async () => {
    await play('bytes=0-')
    const probe = await play('bytes=0-1')
    expect([probe.status, probe.from, probe.bytes.length]).toEqual([206, 'HIT', 2])
  })

  it('gets the range that it then requests with an end, even if that is the whole video', async () => {
    const part = await play(`bytes=0-${size - 1}`)
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 0-${size - 1}/${size}`])
  })
})

describe('a stored video', () => {
  it('is filled by HEAD too, which arrives as GET', async () => {
    const head = await cache.fetch(new Request(linkOf(job), { method: 'HEAD' }))
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, String(size), null])
    expect((await play('bytes=0-')).from).toBe('HIT')
    expect(reached).toEqual(['GET whole'])
  })

  it('is served until the link expires, and no longer', async () => {
    const link = linkOf(await makeVideo())
    await play('bytes=0-', {}, link)
    await world.advance(6 * days)
    expect((await play('bytes=0-', {}, link)).from).toBe('HIT')
    await world.advance(1 * days + 1)
    const expired = await play('bytes=0-', {}, link)
    expect([expired.status, expired.from]).toEqual([401, 'BYPASS'])
  })

  it('is served no longer once its job is erased', async () => {
    const { id, outputs } = await makeVideo()
    await untilNotified(id)
    const link = outputs[0]?.url ?? ''
    await play('bytes=0-', {}, link)
    expect((await play('bytes=0-', {}, link)).from).toBe('HIT')
    const erase = new Request(`${publicBaseUrl}/v1/jobs/${id}?force=true`, {
      method: 'DELETE',
      headers: adminKey,
    })
    expect((await fetchWith({}, erase, cache)).status).toBe(204)
    await sweepWith(cache)
    expect((await play('bytes=0-', {}, link)).status).toBe(404)
    // A client that opened it with a key has a copy of its own, and revalidates that.
    const revalidated = { ...adminKey, 'if-none-match': `"${outputs[0]?.sha256}"` }
    const { pathname } = new URL(link)
    expect((await play(undefined, revalidated, `${publicBaseUrl}${pathname}`)).status).toBe(404)
  })
})

describe('a file that is opened with an API key', () => {
  it('is not stored, and returns the range that is requested', async () => {
    const asset = await anAsset()
    const paths = [`/v1/jobs/${job.id}/outputs/0`, `/v1/assets/${asset.id}/content`]
    for (const path of paths) {
      for (const _ of [1, 2]) {
        const part = await play('bytes=0-', adminKey, `${publicBaseUrl}${path}`)
        expect([part.status, part.from]).toEqual([206, 'BYPASS'])
        expect(part.headers.get('cache-control')).toBe('private, no-cache')
      }
    }
  })
})

describe('a video that is too large for the cache', () => {
  it('returns the range that is requested, even if that is the whole video', async () => {
    const large = await makeVideo()
    const tooLarge = 512 * 1024 * 1024 + 1
    await env.DB.prepare('UPDATE outputs SET bytes = ? WHERE job_id = ?').bind(tooLarge, large.id).run()
    const { pathname, search } = new URL(linkOf(large))
    const response = await ask(`${pathname}${search}`, { headers: { range: 'bytes=0-' } }, {})
    expect([response.status, response.headers.get('content-range')]).toEqual([
      206,
      `bytes 0-${tooLarge - 1}/${tooLarge}`,
    ])
    await bytesOf(response.body)
  })
})

it('no other response is stored by the cache', async () => {
  for (const path of [`/v1/jobs/${job.id}`, '/v1/jobs', '/v1/models', '/v1/stats', '/healthz', '/none']) {
    for (const _ of [1, 2])
      expect((await play(undefined, adminKey, `${publicBaseUrl}${path}`)).from, path).toBe('BYPASS')
  }
})
