import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../src/core/view.ts'
import { expectProblem } from '../support/problem.ts'
import { api, getJob, untilTold } from '../support/reelhook.ts'
import { makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

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
    const [told] = await untilTold(job.id)
    const [output] = JSON.parse(told?.body ?? '').data.outputs
    expect((await api(linkOf({ outputs: [output] } as JobView), withoutKey)).status).toBe(200)
    expect(Date.parse(output.url_expires_at)).toBeGreaterThan(world.edges.now() + 6 * days)
  })
})

describe('a link is refused', () => {
  it.each<[string, (link: URL) => void]>([
    ['with a forged signature', (link) => link.searchParams.set('signature', 'A'.repeat(43))],
    ['with an empty signature', (link) => link.searchParams.set('signature', '')],
    ['without a signature', (link) => link.searchParams.delete('signature')],
    ['with a later end than was signed', (link) => link.searchParams.set('expires', '9999999999')],
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
