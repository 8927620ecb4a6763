/** Which media of a request are local files, and of which kind references are. */
import { describe, expect, it } from 'vitest'
import { nameOf, numbered } from '../../../src/sdk/cli/job/targets.ts'
import { entriesOf } from '../../../src/sdk/cli/job/timeline.ts'
import { isRemote, kindByName, splitKind } from '../../../src/sdk/cli/request/media.ts'
import { faultText } from '../../../src/sdk/cli/request/names.ts'

describe('media', () => {
  it.each([
    'https://example.com/a.png',
    'asset_01m7y12e4tecwv3dvtedr424pe',
    'data:image/png;base64,AAAA',
    'asset://123',
    '5f0f7d5e-1a6f-4c1e-9a5b-0d6b8f4f3c11',
  ])('%s is no local file', (media) => {
    expect(isRemote(media)).toBe(true)
  })

  it.each(['boat.png', './asset_notes.png', '/tmp/https.png', 'C:\\boat.png'])(
    '%s is a local file',
    (media) => {
      expect(isRemote(media)).toBe(false)
    },
  )

  it.each([
    ['boat.PNG', 'image'],
    ['https://example.com/boat.mp4?token=a.png', 'video'],
    ['data:audio/wav;base64,AAAA', 'audio'],
    ['https://example.com/boat', undefined],
  ])('%s is of the kind %s', (media, kind) => {
    expect(kindByName(media)).toBe(kind)
  })

  it('may have its kind in front of it', () => {
    expect(splitKind('video:https://example.com/boat')).toEqual({
      kind: 'video',
      media: 'https://example.com/boat',
    })
    expect(splitKind('https://example.com/boat')).toEqual({ media: 'https://example.com/boat' })
  })
})

describe('the name of a file', () => {
  it('has a number if there are several', () => {
    expect(numbered('out/boat.mp4', 1)).toEqual(['out/boat.mp4'])
    expect(numbered('out/boat.mp4', 2)).toEqual(['out/boat-1.mp4', 'out/boat-2.mp4'])
  })

  it('leads out of no folder', () => {
    expect(nameOf('../../a/b', { n: 0, content_type: null })).toBe('ab-0.mp4')
  })
})

describe('a fault', () => {
  it('has the name of its option', () => {
    expect(faultText({ path: 'first_frame', message: 'is too small' })).toBe('--image is too small')
    expect(faultText({ path: 'reference_images.0', message: 'is gone' })).toBe('--reference no. 1 is gone')
    expect(faultText({ path: 'event_type', message: 'is unknown' })).toBe('--event is unknown')
    expect(faultText({ path: 'monthly_budget_usd', message: 'is too small' })).toBe(
      '--monthly-budget is too small',
    )
    expect(faultText({ path: 'max_cost_usd', message: 'it would cost $0.9, or $5.' })).toBe(
      '--max-cost it would cost $0.90, or $5.00.',
    )
    expect(faultText({ path: 'max_cost_usd', message: 'it would cost $0.17577, not $12,200' })).toBe(
      '--max-cost it would cost $0.17577, not $12,200',
    )
    expect(faultText({ path: 'constructor', message: 'is unknown' })).toBe('constructor is unknown')
    expect(faultText({ path: '', message: 'needs a prompt' })).toBe('needs a prompt')
  })
})

describe('the timeline', () => {
  it('has the attempts of deliveries at the time of their ends', () => {
    const events = [
      { id: 'evt_1', type: 'job.accepted', created_at: '2026-11-29T12:00:00.000Z', data: {} },
      { id: 'evt_2', type: 'job.succeeded', created_at: '2026-11-29T12:00:05.000Z', data: { fault: null } },
    ]
    const attempt = {
      n: 1,
      started_at: '2026-11-29T12:00:05.100Z',
      duration_ms: 250,
      status: 200,
      error: null,
      response_headers: null,
      response_body: null,
    }
    const delivery = {
      id: 'dlv_1',
      job_id: 'job_1',
      endpoint_id: null,
      event_id: 'evt_2',
      event_type: 'job.succeeded' as const,
      url: 'https://example.com/hook',
      format: 'reelhook' as const,
      status: 'delivered' as const,
      reason: null,
      next_attempt_at: null,
      created_at: '2026-11-29T12:00:05.000Z',
      attempt_count: 1,
      attempts: [attempt],
    }
    expect(entriesOf({ events, deliveries: [delivery] })).toMatchObject([
      { what: 'job.accepted', facts: '', tone: 'quiet' },
      { what: 'job.succeeded', facts: '', tone: 'good' },
      {
        what: 'delivery attempt 1',
        at: Date.parse('2026-11-29T12:00:05.350Z'),
        facts: 'job.succeeded to example.com: HTTP 200, 250 ms',
      },
    ])
  })
})
