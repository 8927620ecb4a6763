import { describe, expect, it } from 'vitest'
import { isDataUri, mediaOf, modeOf } from '../../../src/core/request/media.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import { storedRequestSchema } from '../../../src/core/request/stored.ts'
import { aBody, aRequest, audio, callbackSecret, faultsOf, image, video } from './a-request.ts'

describe('happy', () => {
  it('needs only a model and a prompt, and fills in the defaults', () => {
    expect(requestSchema.parse({ model: 'seedance-2.0', prompt: 'A paper boat' })).toEqual({
      model: 'seedance-2.0',
      prompt: 'A paper boat',
      reference_images: [],
      reference_videos: [],
      reference_audios: [],
      duration: 5,
      resolution: '720p',
      generate_audio: true,
      count: 1,
      provider: 'auto',
      provider_options: {},
      callback_events: ['job.succeeded', 'job.failed', 'job.canceled'],
      callback_format: 'reelhook',
      metadata: {},
      resubmit_unknown: false,
      deadline_seconds: 1_800,
    })
  })

  it('needs no prompt beside media, and adds none', () => {
    expect(aRequest({ prompt: undefined, first_frame: image })).not.toHaveProperty(
      'prompt',
      expect.anything(),
    )
  })

  it('trims the prompt', () => {
    expect(aRequest({ prompt: '  A paper boat \n' }).prompt).toBe('A paper boat')
  })

  it.each([
    { model: 'seedance-2.0-fast' },
    { prompt: 'x' },
    { prompt: undefined, first_frame: image },
    { prompt: undefined, reference_images: [image] },
    { prompt: undefined, reference_videos: [video], reference_audios: [audio] },
    { first_frame: image },
    { first_frame: image, last_frame: image },
    { first_frame: 'data:image/png;base64,AAAA' },
    { reference_images: Array(9).fill(image) },
    { reference_videos: Array(3).fill(video) },
    { reference_images: [image], reference_audios: Array(3).fill(audio) },
    { reference_videos: [video], reference_audios: [audio] },
    { prompt: '{{image:2}} before {{image:1}}', reference_images: [image, image] },
    { duration: 4 },
    { duration: 15 },
    { duration: 'auto' },
    { resolution: '480p' },
    { model: 'seedance-2.0', resolution: '4k' },
    { aspect_ratio: 'auto' },
    { aspect_ratio: '21:9' },
    { generate_audio: false },
    { seed: 0 },
    { seed: 4_294_967_295 },
    { count: 4 },
    { provider: 'crun' },
    { provider: ['simulator', 'simulator'] },
    { provider: ['crun', 'runware', 'scenario', 'aimlapi'] },
    { provider_options: { runware: { outputFormat: 'WEBM' }, crun: {}, scenario: {}, aimlapi: {} } },
    { callback_url: 'https://caller.example.com/hook' },
    { callback_url: 'https://caller.example.com/hook', callback_secret: callbackSecret },
    { callback_events: ['job.failed'] },
    { metadata: { order: '42' } },
    { deadline_seconds: 60 },
    { deadline_seconds: 86_400 },
  ])('accepts %j', (overrides) => {
    expect(faultsOf(aBody(overrides))).toEqual([])
  })

  it('accepts texts and media at their maximum length', () => {
    const metadata = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key ${index}`, '']))
    expect(faultsOf(aBody({ prompt: 'x'.repeat(10_000), metadata }))).toEqual([])
    for (const letter of ['x', '水', '🚢']) {
      expect(faultsOf(aBody({ prompt: letter.repeat(10_000) }))).toEqual([])
      expect(faultsOf(aBody({ metadata: { [letter.repeat(64)]: letter.repeat(512) } }))).toEqual([])
    }
    expect(faultsOf(aBody({ prompt: '👨‍👩‍👧‍👦'.repeat(1_428) }))).toEqual([])
    // Its length leaves whole groups of four for the rest.
    const head = 'data:image/x-png;base64,'
    expect(faultsOf(aBody({ first_frame: head + 'A'.repeat(300_000 - head.length) }))).toEqual([])
  })

  it.each([24, 32, 64])('accepts a callback secret of %i bytes', (byteLength) => {
    const secret = `whsec_${btoa('x'.repeat(byteLength))}`
    expect(faultsOf(aBody({ callback_url: 'https://caller.example.com', callback_secret: secret }))).toEqual(
      [],
    )
  })
})

describe('a parsed request', () => {
  it.each([
    ['text', {}],
    ['frames', { first_frame: image }],
    ['frames', { first_frame: image, last_frame: image }],
    ['references', { reference_images: [image] }],
    ['references', { reference_videos: [video] }],
    ['references', { reference_images: [image], reference_audios: [audio] }],
  ])('has the mode %s if it contains %j', (mode, overrides) => {
    expect(modeOf(aRequest(overrides))).toBe(mode)
  })

  it('lists every medium with its path', () => {
    expect(mediaOf(aRequest({ first_frame: image, last_frame: `${image}?last` }))).toEqual([
      { path: 'first_frame', value: image },
      { path: 'last_frame', value: `${image}?last` },
    ])
    const references = {
      reference_images: [image, `${image}?2`],
      reference_videos: [video],
      reference_audios: [audio],
    }
    expect(mediaOf(aRequest(references))).toEqual([
      { path: 'reference_images.0', value: image },
      { path: 'reference_images.1', value: `${image}?2` },
      { path: 'reference_videos.0', value: video },
      { path: 'reference_audios.0', value: audio },
    ])
    expect(mediaOf(aRequest())).toEqual([])
  })

  it('distinguishes embedded media from links', () => {
    expect(isDataUri('data:image/png;base64,AAAA')).toBe(true)
    expect(isDataUri('https://media.example.com/data:image')).toBe(false)
  })

  it('is stored without its secret', () => {
    const parsed = requestSchema.parse(
      aBody({ callback_url: 'https://caller.example.com', callback_secret: callbackSecret }),
    )
    const { callback_secret: secret, ...rest } = parsed
    expect(secret).toBe(callbackSecret)
    expect(storedRequestSchema.parse(rest)).toEqual(rest)
    expect(storedRequestSchema.safeParse(parsed).success).toBe(false)
  })
})
