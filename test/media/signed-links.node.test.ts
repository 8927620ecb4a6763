import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobRows } from '../../src/core/job/view.ts'
import { noMetadata } from '../../src/core/video-metadata.ts'
import {
  assetFileName,
  isValidLink,
  type LinkSettings,
  type LinkTarget,
  linksTo,
  linkTo,
} from '../../src/media/signed-links.ts'

const settings: LinkSettings = {
  publicBaseUrl: 'https://reelhook.test',
  signingSecret: ['a signing secret of thirty-two characters'],
}
const newSecret = 'another signing secret of that length'
const nowMs = 1_800_000_000_500
const daysMs = 24 * 60 * 60 * 1_000

const stored = (n: number, contentType = 'video/mp4'): JobRows['outputs'][number] => ({
  n,
  status: 'stored',
  contentType,
  bytes: 1,
  sha256: '',
  metadata: noMetadata,
})
const output = { jobId: 'job_one', n: 0, fileName: 'job_one-0.mp4' }

async function aLink(n = 0) {
  const link = (await linksTo(settings, 'job_one', [stored(n)], nowMs)).get(n)
  if (link === undefined) throw new Error('there is no link')
  const query = new URL(link.url).searchParams
  return { ...link, expires: Number(query.get('expires')), signature: query.get('signature') ?? '' }
}

describe('a link', () => {
  it('points to the output and opens it', async () => {
    const link = await aLink()
    expect(link.url).toMatch(/^https:\/\/reelhook\.test\/v1\/jobs\/job_one\/outputs\/0\/job_one-0\.mp4\?/)
    expect(await isValidLink(settings, output, link, nowMs)).toBe(true)
  })

  it('works until the second in which it expires', async () => {
    const link = await aLink()
    const opensAt = (timeMs: number) => isValidLink(settings, output, link, timeMs)
    expect(link.expiresAt).toBe(link.expires * 1_000)
    expect(await opensAt(link.expiresAt)).toBe(true)
    expect(await opensAt(link.expiresAt + 1)).toBe(false)
  })

  it('outlives the three days in which its delivery is retried', async () => {
    expect((await aLink()).expiresAt - nowMs).toBeGreaterThan(6 * daysMs)
  })

  it('is created for each stored output and for no other', async () => {
    const outputs = [stored(0), { n: 1, status: 'waiting' } as const, stored(2)]
    const links = await linksTo(settings, 'job_one', outputs, nowMs)
    expect([...links.keys()]).toEqual([0, 2])
    expect((await linksTo(settings, 'job_one', [], nowMs)).size).toBe(0)
  })

  it.each([
    ['video/mp4', 'mp4'],
    ['video/quicktime', 'mov'],
    ['video/webm', 'webm'],
  ])('to a file of type %s ends in .%s', async (contentType, extension) => {
    const links = await linksTo(settings, 'job_one', [stored(3, contentType)], nowMs)
    expect(new URL(links.get(3)?.url ?? '').pathname).toBe(
      `/v1/jobs/job_one/outputs/3/job_one-3.${extension}`,
    )
  })
})

describe('a link to an asset', () => {
  const asset = { assetId: 'asset_one', fileName: 'photo.png' }
  const opens = async (linked: LinkTarget, { url }: { url: string }, timeMs = nowMs) => {
    const { searchParams } = new URL(url)
    const link = {
      expires: Number(searchParams.get('expires')),
      signature: searchParams.get('signature') ?? '',
    }
    return isValidLink(settings, linked, link, timeMs)
  }

  it('points to its content and opens it until it expires', async () => {
    const link = await linkTo(settings, asset, nowMs + daysMs)
    expect(link.url).toMatch(/^https:\/\/reelhook\.test\/v1\/assets\/asset_one\/content\/photo\.png\?/)
    expect(await opens(asset, link)).toBe(true)
    expect(await opens(asset, link, nowMs + daysMs + 1_000)).toBe(false)
  })

  it('opens no other asset and no output, and a link to an output opens no asset', async () => {
    const link = await linkTo(settings, asset, nowMs + daysMs)
    expect(await opens({ ...asset, assetId: 'asset_two' }, link)).toBe(false)
    expect(await opens({ ...asset, fileName: 'other.png' }, link)).toBe(false)
    expect(await opens({ assetId: 'asset_one' }, link)).toBe(false)
    expect(await opens({ jobId: 'asset_one', n: 0 }, link)).toBe(false)
    expect(await opens({ assetId: 'job_one' }, await aLink())).toBe(false)
  })
})

describe('the name of an asset in its links', () => {
  const named = (fileName: string | null, contentType = 'image/png') =>
    assetFileName({ id: 'asset_one', fileName, contentType })

  it.each([
    ['photo.png', 'photo.png'],
    ['photo', 'photo.png'],
    ['photo.JPG', 'photo.png'],
    ['my photo (1).png', 'my-photo-1.png'],
    ['a.b.png', 'a-b.png'],
    ['Größe 5%.png', 'Gr-e-5.png'],
    ['../../etc/passwd', 'etc-passwd.png'],
    ['..', 'asset_one.png'],
    ['.png', 'asset_one.png'],
    ['ф.png', 'asset_one.png'],
    ['"; x="\r\n.png', 'x.png'],
    ['', 'asset_one.png'],
    [null, 'asset_one.png'],
    [`${'a'.repeat(300)}.png`, `${'a'.repeat(64)}.png`],
  ])('is made safe: %j', (fileName, expected) => {
    expect(named(fileName)).toBe(expected)
  })

  it('has only characters that a URL and a header need not escape, and the extension of its type', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (fileName) => {
        expect(named(fileName, 'image/jpeg')).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]*\.jpg$/)
        expect(named(fileName, 'a/b')).toMatch(/\.bin$/)
      }),
    )
  })
})

describe('a link made before SIGNING_SECRET was rotated', () => {
  it('works as long as the previous secret is configured', async () => {
    const rotated: LinkSettings = { ...settings, signingSecret: [newSecret, ...settings.signingSecret] }
    expect(await isValidLink(rotated, output, await aLink(), nowMs)).toBe(true)
  })
})

describe('a tampered link opens nothing', () => {
  it.each([
    ['for another output', { n: 1 }],
    ['for another job', { jobId: 'job_two' }],
    ['for a job whose id contains the output number', { jobId: 'job_one/0', n: 0 }],
    ['for another name', { fileName: 'boat.mp4' }],
    ['without the name', { fileName: undefined }],
    ['with a name that ends in another name', { fileName: 'job_one-0.mp4/boat.mp4' }],
  ])('%s', async (_, change) => {
    expect(await isValidLink(settings, { ...output, ...change }, await aLink(), nowMs)).toBe(false)
  })

  it.each([
    ['with a later expiry', { expires: 1_900_000_000 }],
    ['with an infinite expiry', { expires: Number.POSITIVE_INFINITY }],
    ['with no signature', { signature: '' }],
    ['with a signature that is not base64', { signature: '!!!' }],
    ['with a signature of zeros', { signature: 'A'.repeat(43) }],
  ])('%s', async (_, change) => {
    const link = { ...(await aLink()), ...change }
    expect(await isValidLink(settings, output, link, nowMs)).toBe(false)
  })

  it('under another signing secret', async () => {
    const others: LinkSettings = { ...settings, signingSecret: [newSecret] }
    expect(await isValidLink(others, output, await aLink(), nowMs)).toBe(false)
  })
})
