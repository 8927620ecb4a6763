/** OUTPUT_HOSTS: where finished videos may be fetched from. */
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

describe('a list of hosts', () => {
  it.each([
    ['media.test', 'https://media.test/boat.mp4'],
    ['media.test', 'https://eu.cdn.media.test/boat.mp4'],
    ['media.test', 'https://MEDIA.test:8443/boat.mp4'],
  ])('with %s lets %s in', async (host, url) => {
    const { result } = await copyFrom(video, { hosts: ['other.test', host] }, url)
    expect(result.ok).toBe(true)
  })

  it.each([
    'https://evil.test/boat.mp4',
    'https://notmedia.test/boat.mp4',
    'https://media.test.evil.test/boat.mp4',
    'https://media.tes/boat.mp4',
    'https://test/boat.mp4',
  ])('with media.test keeps %s out, unasked', async (url) => {
    const copying = await copyFrom(video, { hosts: ['media.test'], guard }, url)
    expect(copying.requests).toEqual([])
    await expectNothingLeft(copying, 'media_host_unlisted')
  })

  it('is held against each hop of a redirect', async () => {
    const copying = await copyFrom(() => to('https://evil.test/boat.mp4'), { hosts: ['media.test'] })
    expect(copying.requests).toHaveLength(1)
    await expectNothingLeft(copying, 'media_host_unlisted')
  })

  it('does not lift the guard', async () => {
    const copying = await copyFrom(video, { hosts: ['10.0.0.1'] }, 'https://10.0.0.1/boat.mp4')
    await expectNothingLeft(copying, 'media_forbidden')
  })

  it('names the host in the fault, and nothing else of the URL', async () => {
    const { result } = await copyFrom(
      video,
      { hosts: ['media.test'] },
      'https://cdn.new.test/v.mp4?signature=abc',
    )
    expect(result).toMatchObject({ fault: { message: expect.stringContaining('cdn.new.test') } })
    expect(JSON.stringify(result)).not.toMatch(/signature|v\.mp4/)
  })

  it('is not there by default: any public host will do', async () => {
    expect((await copyFrom(video, {}, 'https://anywhere.test/boat.mp4')).result.ok).toBe(true)
  })
})

describe('a job whose video lies at a host that is not listed', () => {
  it('has its video still, once the host is added', async () => {
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
  ])('%j is a list', (value, hosts) => {
    expect(readConfig(environment(value))).toMatchObject({ ok: true, config: { outputHosts: hosts } })
  })

  it.each([undefined, ''])('%j is no list', (value) => {
    const read = readConfig(environment(value))
    expect(read.ok && read.config.outputHosts).toBeUndefined()
  })

  it.each(['https://runware.ai', '*.runware.ai', 'runware.ai:443', 'runware.ai/x', 'a b', '.'])(
    '%j is a fault',
    (value) => {
      expect(readConfig(environment(value))).toEqual({
        ok: false,
        faults: [expect.stringMatching(/^OUTPUT_HOSTS.*must be names of hosts$/)],
      })
    },
  )

  it('of commas alone is a fault: it would let nothing in', () => {
    expect(readConfig(environment(',')).ok).toBe(false)
  })
})

it('a host is at itself and at what is above it, by whole names', () => {
  expect([
    isAtHost('a.b', 'a.b'),
    isAtHost('x.a.b', 'a.b'),
    isAtHost('xa.b', 'a.b'),
    isAtHost('b', 'a.b'),
  ]).toEqual([true, true, false, false])
})
