import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erasureEventBody, eventBody, maxBodyBytes } from '../../src/core/event-body.ts'
import { type JobView, jobViewSchema } from '../../src/core/job/view-schema.ts'
import { maxMetadataBytes, metadataSchema } from '../../src/core/request/request.ts'
import { aRequest, faultsOf } from './request/a-request.ts'

const at = Date.UTC(2026, 0, 1)
const iso = new Date(at).toISOString()
const fault = {
  code: 'moderated' as const,
  message: 'Blocked.',
  remedy: 'Change the prompt.',
  retryable: false,
}

function aJob(overrides: Partial<JobView> = {}): JobView {
  return {
    id: 'job_01kbk6v3x6f9ja8c6mphr3z4aw',
    status: 'succeeded',
    model: 'seedance-2.0-mini',
    provider: 'runware',
    progress: 100,
    request: aRequest(),
    warnings: [],
    outputs: [anOutput(0)],
    tasks: [aTask()],
    fault: null,
    cancellation: null,
    cost: null,
    metadata: {},
    retry_of: null,
    trace_id: '01830000000000000000000000000001',
    created_at: iso,
    deadline_at: iso,
    settled_at: iso,
    erase_at: null,
    pruned_at: null,
    ...overrides,
  }
}

function anOutput(n: number): JobView['outputs'][number] {
  const url = `https://reelhook.example.workers.dev/v1/jobs/job_01kbk6v3x6f9ja8c6mphr3z4aw/outputs/${n}`
  return {
    n,
    status: 'stored' as const,
    url: `${url}?expires=1795230349&signature=${'s'.repeat(43)}`,
    url_expires_at: iso,
    content_type: 'video/mp4',
    bytes: 2_713_911,
    sha256: 'ab'.repeat(32),
    fault: null,
    width: 1_280,
    height: 720,
    duration_seconds: 15.041667,
    frame_rate: 23.976,
    video_codec: 'hevc',
    audio_codec: 'pcm-s16be',
    has_audio: true,
    unconfirmed: false,
    late: false,
    export: null,
  }
}

function aTask(): JobView['tasks'][number] {
  return {
    provider: 'runware' as const,
    provider_task_id: '8f14e45f-ceea-467f-9b3c-0a3f8f9d1c2b',
    status: 'succeeded' as const,
    completed_via: 'webhook' as const,
    submitted_at: iso,
    ended_at: iso,
    fault: null,
    cost: { amount_usd: 0.405, source: 'provider' },
  }
}

/** The longest valid request: fifteen media, twenty metadata pairs, every text at its limit. */
function aLargestJob(letter = 'x', mediaLength = 2_000): JobView {
  const media = (kind: string) => `https://media.example.com/${kind}-${'m'.repeat(mediaLength)}`
  const metadata = largestMetadata(letter)
  const request = aRequest({
    prompt: letter.repeat(10_000),
    reference_images: Array.from({ length: 9 }, () => media('image')),
    reference_videos: Array.from({ length: 3 }, () => media('video')),
    reference_audios: Array.from({ length: 3 }, () => media('audio')),
    provider_options: { runware: { note: letter.repeat(5_000) } },
    callback_url: `https://caller.example.com/${'p'.repeat(2_000)}`,
    metadata,
    count: 4,
  })
  return aJob({
    request,
    metadata,
    outputs: [0, 1, 2, 3].map(anOutput),
    tasks: [aTask(), aTask(), aTask(), aTask()],
  })
}

/** Twenty pairs that fill the limit with this letter. */
function largestMetadata(letter = 'x'): Record<string, string> {
  const pairs = 20
  const bytesEach = Math.floor(maxMetadataBytes / pairs) - 20
  const letters = Math.floor(bytesEach / (bytesOf(JSON.stringify(letter)) - 2))
  const metadata = Object.fromEntries(
    Array.from({ length: pairs }, (_, n) => [`key ${n}`, letter.repeat(letters)]),
  )
  expect(metadataSchema.safeParse(metadata).error).toBeUndefined()
  return metadata
}

function bytesOf(body: string): number {
  return new TextEncoder().encode(body).length
}

describe('an event', () => {
  it('contains the whole job as the API shows it', () => {
    const job = aJob({ metadata: { order: '42' } })
    const body = eventBody('job.succeeded', at, job)
    expect(JSON.parse(body)).toEqual({ type: 'job.succeeded', timestamp: iso, data: job })
  })

  it('about an output repeats that output beside the list of outputs', () => {
    const job = aJob({ outputs: [anOutput(0), anOutput(1)] })
    const { data } = JSON.parse(eventBody('output.stored', at, job, 1))
    expect(data).toEqual({ ...job, output: job.outputs[1] })
  })
})

describe('the event of the largest possible job', () => {
  const body = eventBody('job.succeeded', at, aLargestJob())
  const event = JSON.parse(body)

  it('fits in 20 KB', () => {
    expect(bytesOf(JSON.stringify(aLargestJob()))).toBeGreaterThan(60_000)
    expect(bytesOf(body)).toBeLessThanOrEqual(maxBodyBytes)
  })

  it('keeps the metadata, every output with its link, and the tasks', () => {
    const { metadata, outputs, tasks, id, status } = aLargestJob()
    expect(event.data).toMatchObject({ id, status, metadata, outputs, tasks })
  })

  it('lists exactly the fields that it shortened', () => {
    expect(event.truncated).toEqual([
      'request.metadata',
      'request.reference_images',
      'request.reference_videos',
      'request.reference_audios',
      'request.callback_url',
      'request.prompt',
      'request.provider_options',
    ])
  })

  it('still matches the schema of a job', () => {
    expect(jobViewSchema.safeParse(event.data).error).toBeUndefined()
  })

  it('shortens no more fields than necessary', () => {
    const longPrompt = aJob({ request: aRequest({ prompt: 'x'.repeat(10_000), metadata: { order: '42' } }) })
    expect(JSON.parse(eventBody('job.succeeded', at, longPrompt)).truncated).toBeUndefined()
    const longMedia = aLargestJob()
    const { metadata: _, ...request } = longMedia.request
    const bare = {
      ...longMedia,
      metadata: {},
      request: {
        ...request,
        metadata: {},
        prompt: 'A paper boat',
        provider_options: {},
        callback_events: ['job.succeeded' as const],
      },
    }
    expect(JSON.parse(eventBody('job.succeeded', at, bare)).truncated).toEqual([
      'request.reference_images',
      'request.reference_videos',
    ])
  })
})

describe('hostile', () => {
  it.each([
    ['characters of three bytes', '水'],
    ['lone surrogates', '🚢'.slice(0, 1)],
    ['characters that JSON escapes as six', '\u0001'],
    ['quotes', '"'],
  ])('the event of a failed job full of %s fits in 20 KB', (_, letter) => {
    const longFault = { ...fault, message: letter.repeat(9_000) }
    const warning = { path: 'aspect_ratio', message: letter.repeat(500) }
    const body = eventBody('job.failed', at, {
      ...aLargestJob(letter),
      fault: longFault,
      warnings: Array.from({ length: 20 }, () => warning),
      outputs: [0, 1, 2, 3].map((n) => ({ ...anOutput(n), fault: longFault })),
      tasks: Array.from({ length: 8 }, () => ({ ...aTask(), fault: longFault })),
      cancellation: { may_still_be_billed: true, message: 'runware has made it and bills it. '.repeat(8) },
    })
    expect(bytesOf(body)).toBeLessThanOrEqual(maxBodyBytes)
    const { metadata } = aLargestJob(letter)
    expect(JSON.parse(body).data).toMatchObject({ metadata, outputs: { length: 4 } })
  })

  it('an event is not cut inside a surrogate pair', () => {
    const request = aRequest({ prompt: `x${'🚢'.repeat(4_999)}` })
    const body = eventBody('job.succeeded', at, aJob({ request }))
    const { prompt } = JSON.parse(body).data.request
    expect(prompt).toBe(`x${'🚢'.repeat(499)}…`)
  })

  it('every event of any accepted request is within the limit and has all of its metadata', () => {
    const text = (maxLength: number) =>
      fc.string({ unit: fc.constantFrom('x', '水', '🚢', 'é', '"', '\n', '\u0085'), maxLength })
    const job = fc.record({
      prompt: text(5_000).map((words) => `A ${words}`),
      metadata: fc.dictionary(text(60), text(512), { maxKeys: 20 }),
      letter: fc.constantFrom('x', '水', '"'),
      tasks: fc.nat(40),
      type: fc.constantFrom('job.failed' as const, 'output.stored' as const),
    })
    let accepted = 0
    fc.assert(
      fc.property(job, ({ prompt, metadata, letter, tasks, type }) => {
        if (faultsOf({ model: 'seedance-2.0', prompt: 'x', metadata }).length > 0) return
        accepted += 1
        const largest = aLargestJob(letter, 200)
        const longFault = { ...fault, message: letter.repeat(2_000) }
        const body = eventBody(
          type,
          at,
          {
            ...largest,
            metadata,
            fault: longFault,
            request: { ...largest.request, prompt, metadata },
            outputs: [0, 1, 2, 3].map((n) => ({ ...anOutput(n), fault: longFault })),
            tasks: Array.from({ length: tasks }, () => ({ ...aTask(), fault: longFault })),
          },
          ...(type === 'output.stored' ? [0] : []),
        )
        const event = JSON.parse(body)
        expect(bytesOf(body)).toBeLessThanOrEqual(maxBodyBytes)
        expect(event.data.metadata).toEqual(metadata)
        expect(event.truncated ?? []).not.toContain('metadata')
        expect(jobViewSchema.safeParse(event.data).error).toBeUndefined()
      }),
      { numRuns: 100 },
    )
    expect(accepted).toBeGreaterThan(20)
  })
})

describe('the event of an erased job', () => {
  it.each(['x', '水', '🚢', '"', '\n'])('has all of its metadata, even if it is full of %j', (letter) => {
    const metadata = largestMetadata(letter)
    const outputs = [0, 1, 2, 3].map((n) => ({ n, bytes: 2 ** 31, sha256: 'ab'.repeat(32) }))
    const body = erasureEventBody(at, { id: 'job_1', reason: 'retention', erased_at: iso, outputs, metadata })
    expect(bytesOf(body)).toBeLessThanOrEqual(maxBodyBytes)
    expect(JSON.parse(body).data).toEqual(expect.objectContaining({ metadata, outputs }))
  })
})

describe('metadata', () => {
  it.each([
    ['19 values of 512 Chinese characters', '水'.repeat(512)],
    ['values of 512 emoji', '🚢'.repeat(512)],
    ['values of 512 characters that JSON escapes', '"'.repeat(512)],
  ])('that is too large in bytes is refused: %s', (_, value) => {
    const metadata = Object.fromEntries([
      ['order', '42'],
      ...Array.from({ length: 19 }, (_unused, n) => [`key ${n}`, value]),
    ])
    expect(faultsOf({ model: 'seedance-2.0', prompt: 'x', metadata })).toEqual([
      'metadata: must have at most 8192 bytes as JSON in UTF-8',
    ])
  })

  it('is limited to the exact byte', () => {
    const metadata = (bytes: number) => {
      const pairs = Array.from({ length: 16 }, (_, n) => [`${n}`.padStart(2, '0'), 'x'.repeat(500)] as const)
      const base = bytesOf(JSON.stringify(Object.fromEntries(pairs))) + '"rest":"",'.length
      return { ...Object.fromEntries(pairs), rest: 'x'.repeat(bytes - base) }
    }
    expect(metadataSchema.safeParse(metadata(maxMetadataBytes)).success).toBe(true)
    expect(metadataSchema.safeParse(metadata(maxMetadataBytes + 1)).success).toBe(false)
  })
})
