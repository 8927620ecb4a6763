/** OUTPUT_HOSTS: the hosts from which finished videos may be downloaded. */
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { isAtHost } from '../../src/core/url/policy.ts'
import { advance } from '../../src/engine/advance.ts'
import { createGuard } from '../../src/url-guard/guard.ts'
import { passTimeUntil } from '../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { objectKeys } from '../support/storage.ts'
import { world } from '../support/world.ts'
import { anAnswer, aVideo, copyFrom, expectNothingLeft } from './a-copy.ts'

const minutes = 60_000
const guard = createGuard(world.edges, { reach: 'any', dnsCheckUrl: null })

const video = () => anAnswer(aVideo(1_000))
const to = (location: string) => new Response(null, { status: 302, headers: { location } })

describe('a list of allowed hosts', () => {
  it.each([
    ['media.test', 'https://media.test/boat.mp4'],
    ['media.test', 'https://eu.cdn.media.test/boat.mp4'],
    ['media.test', 'https://MEDIA.test:8443/boat.mp4'],
  ])('with %s allows %s', async (host, url) => {
    const { result } = await copyFrom(video, { hosts: ['other.test', host] }, url)
    expect(result.ok).toBe(true)
  })

  it.each([
    'https://evil.test/boat.mp4',
    'https://notmedia.test/boat.mp4',
    'https://media.test.evil.test/boat.mp4',
    'https://media.tes/boat.mp4',
    'https://test/boat.mp4',
  ])('with media.test refuses %s without a request', async (url) => {
    const copying = await copyFrom(video, { hosts: ['media.test'], guard }, url)
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_host_unlisted')
  })

  it('applies to each hop of a redirect', async () => {
    const copying = await copyFrom(() => to('https://evil.test/boat.mp4'), { hosts: ['media.test'] })
    expect(copying.requests).toHaveLength(1)
    await expectNothingLeft(copying, 'media_host_unlisted')
  })

  it('does not override the URL guard', async () => {
    const copying = await copyFrom(video, { hosts: ['10.0.0.1'] }, 'https://10.0.0.1/boat.mp4')
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('names the refused host in the fault, and no other part of the URL', async () => {
    const { result } = await copyFrom(
      video,
      { hosts: ['media.test'] },
      'https://cdn.new.test/v.mp4?signature=abc',
    )
    expect(result).toMatchObject({ fault: { message: expect.stringContaining('cdn.new.test') } })
    expect(JSON.stringify(result)).not.toMatch(/signature|v\.mp4/)
  })

  it('is optional: without it every public host is allowed', async () => {
    expect((await copyFrom(video, {}, 'https://anywhere.test/boat.mp4')).result.ok).toBe(true)
  })
})

describe('a job whose video is at a host that is not listed', () => {
  it('still gets its video after the host is added', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    const strict = aContext()
    strict.config.outputHosts = ['media.test']
    await advance(strict, id)
    const log = world.logs.find(({ event, fields }) => event === 'output.stored' && fields.job_id === id)
    expect(log?.fields.fault).toBe('media_host_unlisted')
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])

    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.status).toBe('succeeded')
    expect(await objectKeys(`jobs/${id}/`)).toHaveLength(1)
  })
})

describe('OUTPUT_HOSTS', () => {
  const environment = (OUTPUT_HOSTS?: string) => ({
    PUBLIC_BASE_URL: 'https://reelhook.example.com',
    SIGNING_SECRET: 'a signing secret of thirty-two characters',
    ADMIN_API_KEY: 'the-admin-key-of-the-tests',
    ...(OUTPUT_HOSTS !== undefined && { OUTPUT_HOSTS }),
  })

  it.each([
    ['runware.ai,cdn.aimlapi.com', ['runware.ai', 'cdn.aimlapi.com']],
    [' VM.Runware.AI , ', ['vm.runware.ai']],
  ])('accepts the list %j', (value, hosts) => {
    expect(readConfig(environment(value))).toMatchObject({ ok: true, config: { outputHosts: hosts } })
  })

  it.each([undefined, ''])('sets no limit if it is %j', (value) => {
    const read = readConfig(environment(value))
    expect(read.ok && read.config.outputHosts).toBeUndefined()
  })

  it.each(['https://runware.ai', '*.runware.ai', 'runware.ai:443', 'runware.ai/x', 'a b', '.'])(
    'refuses %j',
    (value) => {
      expect(readConfig(environment(value))).toEqual({
        ok: false,
        faults: [expect.stringMatching(/^OUTPUT_HOSTS.*must be host names, separated by commas$/)],
      })
    },
  )

  it('refuses a list of commas, which would allow no host', () => {
    expect(readConfig(environment(',')).ok).toBe(false)
  })
})

it('a host matches itself and its parent domains, label by label', () => {
  expect([
    isAtHost('a.b', 'a.b'),
    isAtHost('x.a.b', 'a.b'),
    isAtHost('xa.b', 'a.b'),
    isAtHost('b', 'a.b'),
  ]).toEqual([true, true, false, false])
})
