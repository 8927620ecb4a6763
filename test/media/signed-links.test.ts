import { describe, expect, it } from 'vitest'
import {
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

async function aLink(n = 0) {
  const link = (await linksTo(settings, 'job_one', [n], nowMs)).get(n)
  if (link === undefined) throw new Error('there is no link')
  const query = new URL(link.url).searchParams
  return { ...link, expires: Number(query.get('expires')), signature: query.get('signature') ?? '' }
}

describe('a link', () => {
  it('leads to the output and opens it', async () => {
    const link = await aLink()
    expect(link.url).toMatch(/^https:\/\/reelhook\.test\/v1\/jobs\/job_one\/outputs\/0\?/)
    expect(await isValidLink(settings, { jobId: 'job_one', n: 0 }, link, nowMs)).toBe(true)
  })

  it('opens until the second it names, and no longer', async () => {
    const link = await aLink()
    const opensAt = (timeMs: number) => isValidLink(settings, { jobId: 'job_one', n: 0 }, link, timeMs)
    expect(link.expiresAt).toBe(link.expires * 1_000)
    expect(await opensAt(link.expiresAt)).toBe(true)
    expect(await opensAt(link.expiresAt + 1)).toBe(false)
  })

  it('lives longer than the three days over which its delivery is tried', async () => {
    expect((await aLink()).expiresAt - nowMs).toBeGreaterThan(6 * daysMs)
  })

  it('is made for each output that is asked for, and for none else', async () => {
    const links = await linksTo(settings, 'job_one', [0, 2], nowMs)
    expect([...links.keys()]).toEqual([0, 2])
    expect((await linksTo(settings, 'job_one', [], nowMs)).size).toBe(0)
  })
})

describe('a link to an asset', () => {
  const asset = { assetId: 'asset_one' }
  const opens = async (linked: LinkTarget, { url }: { url: string }, timeMs = nowMs) => {
    const { searchParams } = new URL(url)
    const link = {
      expires: Number(searchParams.get('expires')),
      signature: searchParams.get('signature') ?? '',
    }
    return isValidLink(settings, linked, link, timeMs)
  }

  it('leads to its content and opens it until the time given', async () => {
    const link = await linkTo(settings, asset, nowMs + daysMs)
    expect(link.url).toMatch(/^https:\/\/reelhook\.test\/v1\/assets\/asset_one\/content\?/)
    expect(await opens(asset, link)).toBe(true)
    expect(await opens(asset, link, nowMs + daysMs + 1_000)).toBe(false)
  })

  it('opens no other asset and no output, and a link to an output opens no asset', async () => {
    const link = await linkTo(settings, asset, nowMs + daysMs)
    expect(await opens({ assetId: 'asset_two' }, link)).toBe(false)
    expect(await opens({ jobId: 'asset_one', n: 0 }, link)).toBe(false)
    expect(await opens({ assetId: 'job_one' }, await aLink())).toBe(false)
  })
})

describe('a link made before SIGNING_SECRET was rotated', () => {
  it('opens as long as the one before is known', async () => {
    const rotated: LinkSettings = { ...settings, signingSecret: [newSecret, ...settings.signingSecret] }
    const output = { jobId: 'job_one', n: 0 }
    expect(await isValidLink(rotated, output, await aLink(), nowMs)).toBe(true)
  })
})

describe('a tampered link opens nothing', () => {
  it.each([
    ['for another output', { n: 1 }],
    ['for another job', { jobId: 'job_two' }],
    ['for a job whose name runs into the number', { jobId: 'job_one/0', n: 0 }],
  ])('%s', async (_, change) => {
    expect(await isValidLink(settings, { jobId: 'job_one', n: 0, ...change }, await aLink(), nowMs)).toBe(
      false,
    )
  })

  it.each([
    ['with a later end', { expires: 1_900_000_000 }],
    ['with an endless end', { expires: Number.POSITIVE_INFINITY }],
    ['with no signature', { signature: '' }],
    ['with a signature that is no base64', { signature: '!!!' }],
    ['with a signature of zeros', { signature: 'A'.repeat(43) }],
  ])('%s', async (_, change) => {
    const link = { ...(await aLink()), ...change }
    expect(await isValidLink(settings, { jobId: 'job_one', n: 0 }, link, nowMs)).toBe(false)
  })

  it('under another signing secret', async () => {
    const others: LinkSettings = { ...settings, signingSecret: [newSecret] }
    expect(await isValidLink(others, { jobId: 'job_one', n: 0 }, await aLink(), nowMs)).toBe(false)
  })
})
