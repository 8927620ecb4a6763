/** Parts of a stored video (RFC 9110 §14). What a Range header says is walked through in test/core/byte-ranges.test.ts. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
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

interface Part {
  headers: string[]
  content: Uint8Array
}

/** What a reader of multipart/byteranges makes of it, by the boundaries alone. */
async function partsOf(response: Response): Promise<Part[]> {
  const [, boundary = ''] =
    /^multipart\/byteranges; boundary=(\S+)$/.exec(response.headers.get('content-type') ?? '') ?? []
  const body = await bytesOf(response.body)
  expect(response.headers.get('content-length')).toBe(String(body.length))
  const text = Array.from(body, (byte) => String.fromCharCode(byte)).join('')
  const [preamble, ...pieces] = `\r\n${text}`.split(`\r\n--${boundary}`)
  expect([preamble, pieces.pop()]).toEqual(['', '--\r\n'])
  return pieces.map((piece) => {
    const [, head = '', content = ''] = /^\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(piece) ?? []
    return { headers: head.split('\r\n'), content: Uint8Array.from(content, (char) => char.charCodeAt(0)) }
  })
}

describe('one range', () => {
  it.each([
    ['the first byte', 'bytes=0-0', 0, 1],
    ['the beginning', 'bytes=0-99', 0, 100],
    ['the middle', 'bytes=500000-500999', 500_000, 501_000],
    ['the end, counted from the end', 'bytes=-100', 999_900, 1_000_000],
    ['everything from a byte on', 'bytes=999000-', 999_000, 1_000_000],
    ['everything', 'bytes=0-', 0, 1_000_000],
    ['more than there is', 'bytes=999999-2000000', 999_999, 1_000_000],
    ['more of the end than there is', 'bytes=-2000000', 0, 1_000_000],
    ['the only one that is there', 'bytes=2000000-,500-599', 500, 600],
    ['two that touch', 'bytes=500-599,600-699', 500, 700],
  ])('is sent by itself: %s', async (_, range, from, to) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-range': `bytes ${from}-${to - 1}/1000000`,
      'content-length': String(to - from),
      etag: `"${job.outputs[0]?.sha256}"`,
      'last-modified': expect.stringMatching(/GMT$/),
      'cache-control': expect.stringMatching(/immutable/),
    })
    expect(await bytesOf(response.body)).toEqual(video.slice(from, to))
  })
})

describe('several ranges', () => {
  it.each([
    [
      'of which the second is the last byte',
      'bytes=0-9,-1',
      [
        [0, 10],
        [999_999, 1_000_000],
      ],
    ],
    [
      'in the order asked',
      'bytes=700000-700099,100-199',
      [
        [700_000, 700_100],
        [100, 200],
      ],
    ],
    [
      'large ones',
      'bytes=0-399999, 500000-999999',
      [
        [0, 400_000],
        [500_000, 1_000_000],
      ],
    ],
    [
      'without the one outside',
      'bytes=5-6,2000000-,900-999',
      [
        [5, 7],
        [900, 1_000],
      ],
    ],
  ])('are sent each in its part, %s', async (_, range, spans) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBeNull()
    expect(response.headers.get('etag')).toBe(`"${job.outputs[0]?.sha256}"`)
    const parts = await partsOf(response)
    expect(parts.map(({ headers }) => headers)).toEqual(
      spans.map(([from = 0, to = 0]) => [
        'content-type: video/mp4',
        `content-range: bytes ${from}-${to - 1}/1000000`,
      ]),
    )
    for (const [index, [from, to]] of spans.entries()) {
      expect(parts[index]?.content).toEqual(video.slice(from, to))
    }
  })

  it('have a boundary of their own in each answer', async () => {
    const [one, other] = await Promise.all([get({ range: 'bytes=0-1,-1' }), get({ range: 'bytes=0-1,-1' })])
    expect(one.headers.get('content-type')).not.toBe(other.headers.get('content-type'))
    await Promise.all([bytesOf(one.body), bytesOf(other.body)])
  })
})

describe('a range is not heard', () => {
  it.each([
    'bytes=9-5',
    'bytes=-',
    'bytes=a-b',
    'lines=0-1',
    `bytes=${Array.from({ length: 17 }, (_, n) => `${n * 1_000}-${n * 1_000}`).join()}`,
  ])('that cannot be understood, or is too much: %s', async (range) => {
    const response = await get({ range })
    expect(response.status).toBe(200)
    expect((await bytesOf(response.body)).length).toBe(1_000_000)
  })

  it.each(['bytes=0-9', 'bytes=2000000-'])(
    'in a HEAD, for which there is none (§14.2): %s',
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
  ])('where If-Range names %s', async (_, ifRange) => {
    const response = await get({ range: 'bytes=0-9', 'if-range': ifRange() })
    expect(response.status).toBe(200)
    expect((await bytesOf(response.body)).length).toBe(1_000_000)
  })
})

describe('a range is heard', () => {
  it('where If-Range names the ETag or the time', async () => {
    const { headers } = await get({}, 'HEAD')
    for (const name of ['etag', 'last-modified']) {
      const response = await get({ range: 'bytes=0-9', 'if-range': headers.get(name) ?? '' })
      expect(response.status).toBe(206)
      expect((await bytesOf(response.body)).length).toBe(10)
    }
  })
})

describe('a range is refused', () => {
  it.each(['bytes=1000000-', 'bytes=2000000-2000001', 'bytes=-0', 'bytes=1000000-,-0'])(
    'where none lies in the video: %s',
    async (range) => {
      const response = await get({ range })
      expect(response.headers.get('content-range')).toBe('bytes */1000000')
      await expectProblem(response, 416, 'range_not_satisfiable')
    },
  )

  it('only where it counts: not behind another If-Range', async () => {
    expect((await get({ range: 'bytes=2000000-', 'if-range': '"other"' })).status).toBe(200)
  })
})

describe('a hostile hand in the bucket', () => {
  const withBucket = (get: R2Bucket['get']) =>
    ask(
      path,
      { headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, range: 'bytes=0-9,500000-500009' } },
      { BUCKET: withMethods(env.BUCKET, { get }) },
    )

  it('that took the video away before its parts are sent leaves a 404', async () => {
    await expectProblem(await withBucket(async () => null), 404, 'not_found')
  })

  it('that takes it away between its parts breaks the answer off, which promised more', async () => {
    let asked = 0
    const get = (async (key: string, options: R2GetOptions) => {
      asked += 1
      return asked === 1 ? env.BUCKET.get(key, options) : null
    }) as R2Bucket['get']
    const response = await withBucket(get)
    expect(response.status).toBe(206)
    await expect(bytesOf(response.body)).rejects.toThrow()
  })
})
