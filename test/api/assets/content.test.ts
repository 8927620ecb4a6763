/** The bytes of an asset, for an API key or for the signed link that a provider gets. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { type LinkTarget, linkTo } from '../../../src/media/signed-links.ts'
import { type AssetView, aFile, anAsset } from '../../support/assets.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { bytesOf, makeVideo, sha256Of } from '../../support/videos.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const withoutKey = { headers: { authorization: '' } }
const hours = 60 * 60 * 1_000

let asset: AssetView
let other: AssetView
let job: JobView

beforeAll(async () => {
  asset = await anAsset('image/png', 300_000)
  other = await anAsset()
  job = await makeVideo()
})

/** The path and query of a signed link, after a change. */
async function linkOf(linked: LinkTarget, change?: (link: URL) => void): Promise<string> {
  const settings = { publicBaseUrl, signingSecret: [env.SIGNING_SECRET] as const }
  const link = new URL((await linkTo(settings, linked, world.edges.now() + hours)).url)
  change?.(link)
  return `${link.pathname}${link.search}`
}

const linkToAsset = (change?: (link: URL) => void) =>
  linkOf({ assetId: asset.id, fileName: `${asset.id}.png` }, change)

describe('the bytes of an asset', () => {
  it('are served unchanged, with their detected type', async () => {
    const response = await api(`/v1/assets/${asset.id}/content`)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '300000',
      etag: `"${asset.sha256}"`,
      'content-disposition': `inline; filename="${asset.id}.png"`,
      'x-content-type-options': 'nosniff',
    })
    expect(await sha256Of(await bytesOf(response.body))).toBe(asset.sha256)
  })

  it('support HEAD, a range and If-None-Match', async () => {
    const path = `/v1/assets/${asset.id}/content`
    const head = await api(path, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '300000'])
    const part = await api(path, { headers: { range: 'bytes=0-7' } })
    expect(part.status).toBe(206)
    expect(await bytesOf(part.body)).toEqual(aFile('image/png').slice(0, 8))
    const unchanged = await api(path, { headers: { 'if-none-match': `"${asset.sha256}"` } })
    expect(unchanged.status).toBe(304)
  })

  it('open with a signed link instead of a key, whole, by HEAD and as a range', async () => {
    const link = await linkToAsset()
    const whole = await api(link, withoutKey)
    expect(await sha256Of(await bytesOf(whole.body))).toBe(asset.sha256)
    const head = await api(link, { method: 'HEAD', ...withoutKey })
    const part = await api(link, { headers: { authorization: '', range: 'bytes=0-9' } })
    expect([whole.status, head.status, part.status]).toEqual([200, 200, 206])
  })
})

describe('a link to an asset is refused', () => {
  it.each<[string, (link: URL) => void]>([
    ['with a forged signature', (link) => link.searchParams.set('signature', 'A'.repeat(43))],
    ['with an empty signature', (link) => link.searchParams.set('signature', '')],
    ['without a signature', (link) => link.searchParams.delete('signature')],
    ['with a later expiry than was signed', (link) => link.searchParams.set('expires', '9999999999')],
    ['without an expiry', (link) => link.searchParams.delete('expires')],
    [
      'for another asset',
      (link) => {
        link.pathname = link.pathname.replace(asset.id, other.id)
      },
    ],
    [
      "for the asset's description",
      (link) => {
        link.pathname = link.pathname.replace('/content', '')
      },
    ],
    [
      'for a video',
      (link) => {
        link.pathname = `/v1/jobs/${job.id}/outputs/0`
      },
    ],
  ])('%s', async (_, change) => {
    await expectProblem(await api(await linkToAsset(change), withoutKey), 401, 'unauthorized')
  })

  it('for a DELETE', async () => {
    const link = (await linkToAsset()).replace('/content', '')
    await expectProblem(await api(link, { method: 'DELETE', ...withoutKey }), 401, 'unauthorized')
    expect((await api(`/v1/assets/${asset.id}`)).status).toBe(200)
  })

  it('that was signed for a video', async () => {
    const { search } = new URL(job.outputs[0]?.url ?? '')
    await expectProblem(await api(`/v1/assets/${asset.id}/content${search}`, withoutKey), 401, 'unauthorized')
    const crossed = await linkOf({ jobId: asset.id, n: 0 }, (link) => {
      link.pathname = `/v1/assets/${asset.id}/content`
    })
    await expectProblem(await api(crossed, withoutKey), 401, 'unauthorized')
  })

  it('after it has expired, unless there is a key', async () => {
    const link = await linkToAsset()
    await world.advance(2 * hours)
    await expectProblem(await api(link, withoutKey), 401, 'unauthorized')
    expect((await api(link)).status).toBe(200)
  })

  it('after its asset was deleted', async () => {
    const deleted = await anAsset()
    const link = await linkOf({ assetId: deleted.id, fileName: `${deleted.id}.png` })
    await api(`/v1/assets/${deleted.id}`, { method: 'DELETE' })
    await expectProblem(await api(link, withoutKey), 404, 'not_found')
  })
})

describe('the path of an asset', () => {
  it('may end in the name that the file was uploaded with, made safe, and in no other', async () => {
    const headers = {
      'content-type': 'image/png',
      'content-disposition': 'attachment; filename="My photo.JPG"',
    }
    const response = await api('/v1/assets', { method: 'POST', headers, body: aFile('image/png') })
    const { id, file_name } = await response.json<AssetView>()
    expect(file_name).toBe('My photo.JPG')
    const file = await api(`/v1/assets/${id}/content/My-photo.png`)
    expect([file.status, file.headers.get('content-disposition')]).toEqual([
      200,
      'inline; filename="My-photo.png"',
    ])
    for (const name of [
      'My%20photo.JPG',
      'my-photo.png',
      'My-photo.png.exe',
      `${id}.png`,
      'My-photo.png/more',
    ]) {
      await expectProblem(await api(`/v1/assets/${id}/content/${name}`), 404, 'not_found')
    }
    expect((await api(`/v1/assets/${id}/content`)).status).toBe(200)
  })

  it('may end in its id, if the upload had no name', async () => {
    const file = await api(`/v1/assets/${asset.id}/content/${asset.id}.png`)
    expect([file.status, file.headers.get('content-disposition')]).toEqual([
      200,
      `inline; filename="${asset.id}.png"`,
    ])
  })
})

it('the bytes of an asset are refused without a key and without a link', async () => {
  await expectProblem(await api(`/v1/assets/${asset.id}/content`, withoutKey), 401, 'unauthorized')
})
