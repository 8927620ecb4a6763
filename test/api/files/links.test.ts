import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job-view-schema.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, getJob, untilNotified } from '../../support/reelhook.ts'
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

/** The path and query of a job's signed link, as changed. */
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

  it('opens a part of it, and its description', async () => {
    const part = await api(linkOf(job), { headers: { authorization: '', range: 'bytes=0-9' } })
    const head = await api(linkOf(job), { method: 'HEAD', headers: { authorization: '' } })
    expect([part.status, head.status]).toEqual([206, 200])
  })

  it('is in what the caller is told, and says until when it opens', async () => {
    const [told] = await untilNotified(job.id)
    const [output] = JSON.parse(told?.body ?? '').data.outputs
    expect((await api(linkOf({ outputs: [output] } as JobView), withoutKey)).status).toBe(200)
    expect(Date.parse(output.url_expires_at)).toBeGreaterThan(world.edges.now() + 6 * days)
  })
})

describe('what a link opens', () => {
  it('may be kept by any cache until the link ends, and not a moment longer', async () => {
    const { headers } = await api(linkOf(job), withoutKey)
    const [, seconds] =
      /^public, max-age=(\d+), immutable, must-revalidate$/.exec(headers.get('cache-control') ?? '') ?? []
    const expiresAt = Number(new URL(job.outputs[0]?.url ?? '').searchParams.get('expires')) * 1_000
    expect(Number(seconds)).toBe(Math.floor((expiresAt - world.edges.now()) / 1_000))
  })

  it('is shown, or saved where that is asked for: the link stays good', async () => {
    const download = linkOf(job, (link) => link.searchParams.set('download', '1'))
    const response = await api(download, withoutKey)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="job_\w+-0\.mp4"$/)
  })
})

describe('a page of another origin', () => {
  const origin = 'https://gallery.example.com'

  it('may play it: the answer is for every origin, and shows what a player needs', async () => {
    const response = await api(linkOf(job), { headers: { authorization: '', origin, range: 'bytes=0-9' } })
    expect(response.status).toBe(206)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(response.headers.get('access-control-expose-headers')?.split(',')).toEqual(
      expect.arrayContaining(['content-range', 'content-length', 'accept-ranges', 'etag']),
    )
  })

  it('may ask first, without a key', async () => {
    const response = await api(linkOf(job), {
      method: 'OPTIONS',
      headers: {
        ...{ authorization: '', origin },
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

  it('may not bring a key: it would open everything', async () => {
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

  it('may read why it was refused, and nothing else of the API', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    const refused = await api(stale, { headers: { authorization: '', origin } })
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    await expectProblem(refused, 401, 'unauthorized')
    const other = await api(`/v1/jobs/${job.id}`, { headers: { origin } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

function respell(link: URL, write: (end: number) => string): void {
  link.searchParams.set('expires', write(Number(link.searchParams.get('expires'))))
}

it('an output has one path', async () => {
  for (const other of ['00', '0x0', '+0', '0.0', '1e0', '%30', '%2B0', 'x']) {
    const path = linkOf(job).replace('/outputs/0', `/outputs/${other}`)
    const response = await api(path, withoutKey)
    const isEscape = other === '%30'
    await expectProblem(response, isEscape ? 401 : 404, isEscape ? 'unauthorized' : 'not_found')
  }
})

describe('a link is refused', () => {
  it.each<[string, (link: URL) => void]>([
    ['with a forged signature', (link) => link.searchParams.set('signature', 'A'.repeat(43))],
    ['with an empty signature', (link) => link.searchParams.set('signature', '')],
    ['without a signature', (link) => link.searchParams.delete('signature')],
    ['with a later end than was signed', (link) => link.searchParams.set('expires', '9999999999')],
    ['with its end as a hexadecimal number', (link) => respell(link, (end) => `0x${end.toString(16)}`)],
    ['with a zero before its end', (link) => respell(link, (end) => `0${end}`)],
    ['with a sign before its end', (link) => respell(link, (end) => `+${end}`)],
    ['with two ends', (link) => link.searchParams.append('expires', '1')],
    ['without an end', (link) => link.searchParams.delete('expires')],
    ['with an end that is no time', (link) => link.searchParams.set('expires', 'never')],
    [
      'for another output',
      (link) => {
        link.pathname = link.pathname.replace(/0$/, '1')
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

  it('with an answer that says how to be let in (RFC 9110 §15.5.2)', async () => {
    const forged = linkOf(job, (link) => link.searchParams.set('signature', 'forged'))
    const response = await api(forged, withoutKey)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('for anything but its video', async () => {
    const { search } = new URL(job.outputs[0]?.url ?? '')
    for (const path of ['', '/events']) {
      await expectProblem(await api(`/v1/jobs/${job.id}${path}${search}`, withoutKey), 401, 'unauthorized')
    }
  })

  it('and the refusal is kept by no cache', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    expect((await api(stale, withoutKey)).headers.get('cache-control')).toBe('no-store')
  })

  it('when its time is over, while the job shows a fresh one', async () => {
    const stale = linkOf(await getJob(job.id))
    await world.advance(8 * days)
    await expectProblem(await api(stale, withoutKey), 401, 'unauthorized')
    expect((await api(linkOf(await getJob(job.id)), withoutKey)).status).toBe(200)
  })

  it('but its bearer may come in with a key all the same', async () => {
    const stale = linkOf(job, (link) => link.searchParams.set('expires', '1'))
    expect((await api(stale)).status).toBe(200)
  })
})
