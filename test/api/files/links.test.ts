import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, getJob, post, untilNotified } from '../../support/reelhook.ts'
import { makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const withoutKey = { headers: { authorization: '' } }
const days = 24 * 60 * 60 * 1_000

let job: JobView
let other: JobView

beforeAll(async () => {
  job = await makeVideo()
  other = await makeVideo()
})

/** The path and query of a job's signed link, after a change. */
function linkOf({ outputs }: JobView, change?: (link: URL) => void): string {
  const link = new URL(outputs[0]?.url ?? '')
  change?.(link)
  return `${link.pathname}${link.search}`
}

describe('a signed link', () => {
  it('opens the video without a key', async () => {
    const response = await api(linkOf(job), withoutKey)
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(job.outputs[0]?.bytes)
  })

  it('ends in the name of the file, which is the name under which a browser saves it', async () => {
    const { pathname } = new URL(job.outputs[0]?.url ?? '')
    expect(pathname).toBe(`/v1/jobs/${job.id}/outputs/0/${job.id}-0.mp4`)
    const { headers } = await api(linkOf(job), withoutKey)
    expect(headers.get('content-disposition')).toBe(`inline; filename="${job.id}-0.mp4"`)
    const links = await post(`/v1/jobs/${job.id}/links`, {})
    const { data } = await links.json<{ data: { url: string }[] }>()
    expect(new URL(data[0]?.url ?? '').pathname).toBe(pathname)
  })

  it('opens a range of the video, and supports HEAD', async () => {
    const part = await api(linkOf(job), { headers: { authorization: '', range: 'bytes=0-9' } })
    const head = await api(linkOf(job), { method: 'HEAD', headers: { authorization: '' } })
    expect([part.status, head.status]).toEqual([206, 200])
  })

  it('is in the event, with its expiry', async () => {
    const [received] = await untilNotified(job.id)
    const [output] = JSON.parse(received?.body ?? '').data.outputs
    expect((await api(linkOf({ outputs: [output] } as JobView), withoutKey)).status).toBe(200)
    expect(Date.parse(output.url_expires_at)).toBeGreaterThan(world.edges.now() + 6 * days)
  })
})

describe('the video of a signed link', () => {
  it('is cacheable until the link expires', async () => {
    const { headers } = await api(linkOf(job), withoutKey)
    const [, seconds] =
      /^public, max-age=(\d+), immutable, must-revalidate$/.exec(headers.get('cache-control') ?? '') ?? []
    const expiresAt = Number(new URL(job.outputs[0]?.url ?? '').searchParams.get('expires')) * 1_000
    expect(Number(seconds)).toBe(Math.floor((expiresAt - world.edges.now()) / 1_000))
  })

  it('is saved by a browser with download=1, and the link stays valid', async () => {
    const download = linkOf(job, (link) => link.searchParams.set('download', '1'))
    const response = await api(download, withoutKey)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="job_\w+-0\.mp4"$/)
  })
})

describe('a page of another origin', () => {
  const origin = 'https://gallery.example.com'

  it('can play the video, and read the headers that a player needs', async () => {
    const response = await api(linkOf(job), { headers: { authorization: '', origin, range: 'bytes=0-9' } })
    expect(response.status).toBe(206)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(response.headers.get('access-control-expose-headers')?.split(',')).toEqual(
      expect.arrayContaining(['content-range', 'content-length', 'accept-ranges', 'etag']),
    )
  })

  it('can send a preflight request without a key', async () => {
    const response = await api(linkOf(job), {
      method: 'OPTIONS',
      headers: {
        authorization: '',
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range,if-range',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,HEAD')
    expect(response.headers.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining(['range', 'if-range', 'if-none-match']),
    )
  })

  it('cannot send an API key', async () => {
    const response = await api(linkOf(job), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(response.headers.get('access-control-allow-headers')).not.toMatch(/authorization/i)
  })

  it('can read why a link is refused, but nothing else of the API', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    const refused = await api(stale, { headers: { authorization: '', origin } })
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    await expectProblem(refused, 401, 'unauthorized')
    const other = await api(`/v1/jobs/${job.id}`, { headers: { origin } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

const add = (name: string, value: string) => (link: URL) => link.searchParams.append(name, value)

function respell(link: URL, write: (end: number) => string): void {
  link.searchParams.set('expires', write(Number(link.searchParams.get('expires'))))
}

it('an output has only one path', async () => {
  for (const other of ['00', '0x0', '+0', '0.0', '1e0', '%30', '%2B0', 'x']) {
    const path = linkOf(job).replace('/outputs/0', `/outputs/${other}`)
    const response = await api(path, withoutKey)
    const isEscape = other === '%30'
    await expectProblem(response, isEscape ? 401 : 404, isEscape ? 'unauthorized' : 'not_found')
  }
})

it('an output has only one name, and a link needs it', async () => {
  const nameless = linkOf(job).replace(`/${job.id}-0.mp4`, '')
  await expectProblem(await api(nameless, withoutKey), 401, 'unauthorized')
  expect((await api(nameless)).status).toBe(200)
  for (const name of [
    'boat.mp4',
    `${job.id}-0.mov`,
    `${job.id}-1.mp4`,
    `${job.id}-0.MP4`,
    `${job.id}-0.mp4.html`,
  ]) {
    const path = `/v1/jobs/${job.id}/outputs/0/${name}`
    await expectProblem(await api(path), 404, 'not_found')
    await expectProblem(
      await api(path + new URL(job.outputs[0]?.url ?? '').search, withoutKey),
      401,
      'unauthorized',
    )
  }
})

describe('a signed link is refused', () => {
  it.each<[string, (link: URL) => void]>([
    ['with a forged signature', (link) => link.searchParams.set('signature', 'A'.repeat(43))],
    ['with an empty signature', (link) => link.searchParams.set('signature', '')],
    ['without a signature', (link) => link.searchParams.delete('signature')],
    ['with a later expiry than was signed', (link) => link.searchParams.set('expires', '9999999999')],
    ['with a hexadecimal expiry', (link) => respell(link, (end) => `0x${end.toString(16)}`)],
    ['with a leading zero in its expiry', (link) => respell(link, (end) => `0${end}`)],
    ['with a sign in its expiry', (link) => respell(link, (end) => `+${end}`)],
    ['with two expiries', (link) => link.searchParams.append('expires', '1')],
    ['with another parameter, as each spelling is a copy in the cache', add('utm_source', 'mail')],
    ['with an empty parameter', add('', '')],
    [
      'with a parameter twice',
      (link) => {
        link.search += '&download=1&download=1'
      },
    ],
    [
      'with its parameters in another order',
      (link) => {
        link.search = link.search.replace(/\?(.*)&(.*)/, '?$2&$1')
      },
    ],
    ['without an expiry', (link) => link.searchParams.delete('expires')],
    ['with an expiry that is not a number', (link) => link.searchParams.set('expires', 'never')],
    [
      'with an escape in the name',
      (link) => {
        link.pathname = link.pathname.replace('.mp4', '%2Emp4')
      },
    ],
    [
      'for another output',
      (link) => {
        link.pathname = link.pathname.replace('/outputs/0', '/outputs/1')
      },
    ],
    [
      'for another job',
      (link) => {
        link.pathname = link.pathname.replace(job.id, other.id)
      },
    ],
  ])('%s', async (_, change) => {
    await expectProblem(await api(linkOf(job, change), withoutKey), 401, 'unauthorized')
  })

  it('with a WWW-Authenticate header (RFC 9110 §15.5.2)', async () => {
    const forged = linkOf(job, (link) => link.searchParams.set('signature', 'forged'))
    const response = await api(forged, withoutKey)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('for everything except its video', async () => {
    const { search } = new URL(job.outputs[0]?.url ?? '')
    for (const path of ['', '/events']) {
      await expectProblem(await api(`/v1/jobs/${job.id}${path}${search}`, withoutKey), 401, 'unauthorized')
    }
  })

  it('with a response that is not cacheable', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    expect((await api(stale, withoutKey)).headers.get('cache-control')).toBe('no-store')
  })

  it('after it has expired, while the job shows a new one', async () => {
    const stale = linkOf(await getJob(job.id))
    await world.advance(8 * days)
    await expectProblem(await api(stale, withoutKey), 401, 'unauthorized')
    expect((await api(linkOf(await getJob(job.id)), withoutKey)).status).toBe(200)
  })

  it('unless the request has an API key', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    expect((await api(stale)).status).toBe(200)
  })
})
