import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventTypes } from '../../../src/core/event.ts'
import { providerNames } from '../../../src/core/request/choices.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import { aBody, audio, callbackSecret, faultsOf, faultyPaths, image, video } from './a-request.ts'

const aThousandChinese = Object.fromEntries(Array.from({ length: 19 }, (_, n) => [`${n}`, '水'.repeat(512)]))
const hook = 'https://caller.example.com/hook'

describe('refused', () => {
  it.each([
    ['model', { model: 'seedance-3' }],
    ['model', { model: undefined }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: '', first_frame: image }],
    ['prompt', { prompt: null, first_frame: image }],
    ['prompt', { prompt: ' \n\t ' }],
    ['prompt', { prompt: 'x'.repeat(10_001) }],
    ['prompt', { prompt: '🚢'.repeat(10_001) }],
    ['prompt', { prompt: '👨‍👩‍👧‍👦'.repeat(1_429) }],
    ['prompt', { prompt: '{{img:1}}' }],
    ['first_frame', { first_frame: 'boat.png' }],
    ['first_frame', { first_frame: 'ftp://media.example.com/boat.png' }],
    ['first_frame', { first_frame: 'javascript:alert(1)' }],
    ['first_frame', { first_frame: 'data:image/png,plain' }],
    ['first_frame', { first_frame: `data:image/png;base64,${'A'.repeat(300_000)}` }],
    ['reference_images', { reference_images: Array(10).fill(image) }],
    ['reference_videos', { reference_videos: Array(4).fill(video) }],
    ['reference_audios', { reference_images: [image], reference_audios: Array(4).fill(audio) }],
    ['reference_images.1', { reference_images: [image, 'boat.png'] }],
    ['reference_images', { reference_images: image }],
    ['duration', { duration: 3 }],
    ['duration', { duration: 16 }],
    ['duration', { duration: 5.5 }],
    ['duration', { duration: '5' }],
    ['resolution', { resolution: '8k' }],
    ['aspect_ratio', { aspect_ratio: '2:1' }],
    ['generate_audio', { generate_audio: 'yes' }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 4_294_967_296 }],
    ['seed', { seed: 0.5 }],
    ['count', { count: 0 }],
    ['count', { count: 5 }],
    ['provider', { provider: 'unknown-provider' }],
    ['provider', { provider: [] }],
    ['provider', { provider: Array(providerNames.length + 1).fill('crun') }],
    ['provider', { provider: ['crun', 'simulator'] }],
    ['provider_options', { provider_options: { 'unknown-provider': {} } }],
    ['provider_options.runware', { provider_options: { runware: 'MP4' } }],
    ['callback_url', { callback_url: 'not a URL' }],
    ['callback_url', { callback_url: `${hook}?${'x'.repeat(2_048)}` }],
    ['callback_secret', { callback_url: hook, callback_secret: 'hush' }],
    ['callback_secret', { callback_url: hook, callback_secret: `whsec_${btoa('x'.repeat(23))}` }],
    ['callback_secret', { callback_url: hook, callback_secret: `whsec_${btoa('x'.repeat(65))}` }],
    ['callback_secret', { callback_url: hook, callback_secret: callbackSecret.replace('whsec_', '') }],
    ['callback_events', { callback_events: [] }],
    ['callback_events', { callback_format: 'openai', callback_events: ['job.failed', 'output.stored'] }],
    ['callback_format', { callback_format: 'soap' }],
    ['callback_events', { callback_events: Array(eventTypes.length + 1).fill('job.failed') }],
    ['callback_events.0', { callback_events: ['job.queued'] }],
    ['metadata.order', { metadata: { order: 42 } }],
    ['metadata.order', { metadata: { order: 'x'.repeat(513) } }],
    ['metadata.order', { metadata: { order: '🚢'.repeat(513) } }],
    ['metadata', { metadata: { order: '42', ...aThousandChinese } }],
    ['metadata', { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`key ${n}`, ''])) }],
    ['deadline_seconds', { deadline_seconds: 59 }],
    ['deadline_seconds', { deadline_seconds: 86_401 }],
  ])('reports a fault at %s, and at no other field (%#)', (path, overrides) => {
    expect([...new Set(faultyPaths(aBody(overrides)))]).toEqual([path])
  })

  it.each([
    ['a last frame without a first', { last_frame: image }, ['last_frame: needs a first_frame']],
    [
      'a frame beside a reference',
      { first_frame: image, reference_videos: [video] },
      [
        'first_frame: excludes reference_images, reference_videos and reference_audios: use frames or references',
      ],
    ],
    [
      'audio with no image or video reference',
      { reference_audios: [audio] },
      [
        'reference_audios: needs at least one of reference_images or reference_videos beside it for seedance-2.0-mini',
      ],
    ],
    [
      'neither a prompt nor media',
      { prompt: undefined },
      ['prompt: is needed unless a first_frame, reference_images or reference_videos are given'],
    ],
    [
      'audio alone without a prompt',
      { prompt: undefined, reference_audios: [audio] },
      [
        'prompt: is needed unless a first_frame, reference_images or reference_videos are given',
        'reference_audios: needs at least one of reference_images or reference_videos beside it for seedance-2.0-mini',
      ],
    ],
    [
      'a last frame alone without a prompt',
      { prompt: undefined, last_frame: image },
      [
        'last_frame: needs a first_frame',
        'prompt: is needed unless a first_frame, reference_images or reference_videos are given',
      ],
    ],
    [
      'a tag that points past the references',
      { prompt: '{{image:1}} and {{image:2}} and {{video:1}}', reference_images: [image] },
      ['prompt: {{image:2}}, {{video:1}} points at no reference'],
    ],
    ['a tag numbered 0', { prompt: '{{image:0}}' }, ['prompt: {{image:0}} points at no reference']],
    [
      'a secret with no URL to sign for',
      { callback_secret: callbackSecret },
      ['callback_secret: needs a callback_url to sign for'],
    ],
  ])('refuses %s', (_, overrides, faults) => {
    expect(faultsOf(aBody(overrides))).toEqual(faults)
  })
})

describe('refused with every fault at once', () => {
  it('reports every broken field together', () => {
    const body = { model: 'x', duration: 99, count: 0, seed: 'lucky', resolution: '8k', metadata: [] }
    expect(faultyPaths(body)).toEqual([
      'count',
      'duration',
      'metadata',
      'model',
      'prompt',
      'resolution',
      'seed',
    ])
  })

  it('reports broken fields, unknown fields and broken rules together', () => {
    const body = aBody({
      model: 'x',
      promt: 'a typing mistake',
      prompt: '{{video:1}}',
      last_frame: image,
      callback_secret: callbackSecret,
    })
    expect(faultsOf(body)).toEqual([
      ': Unrecognized key: "promt"',
      'callback_secret: needs a callback_url to sign for',
      'last_frame: needs a first_frame',
      expect.stringMatching(/^model: /),
      'prompt: {{video:1}} points at no reference',
    ])
  })

  it('reports every rule that a request breaks', () => {
    const body = aBody({ first_frame: image, reference_audios: [audio], callback_secret: callbackSecret })
    expect(faultyPaths(body)).toEqual(['callback_secret', 'first_frame', 'reference_audios'])
  })

  it('checks the rules that need only the number of values beside invalid ones', () => {
    expect(faultsOf(aBody({ last_frame: 'boat.png' }))).toEqual([
      'last_frame: must be an https URL, an asset_… id or a data: URI with base64 content',
      'last_frame: needs a first_frame',
    ])
    expect(faultyPaths(aBody({ prompt: '{{image:2}}', reference_images: ['boat.png'] }))).toEqual([
      'prompt',
      'reference_images.0',
    ])
  })

  it('checks no rule on a number of values that is not known', () => {
    expect(faultyPaths(aBody({ prompt: '{{image:1}}', reference_images: 'boat.png' }))).toEqual([
      'reference_images',
    ])
  })
})

describe('hostile', () => {
  it.each([[null], [[]], [[{}]], ['text'], [5], [true]])('refuses the body %j as a value', (body) => {
    expect(requestSchema.safeParse(body).success).toBe(false)
  })

  it('parses any JSON to a request or to faults, and never throws', () => {
    const fields = Object.keys(aBody()).concat('first_frame', 'reference_images', 'reference_audios')
    const nearly = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue())
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearly), (body) => {
        const parsed = requestSchema.safeParse(body)
        expect(parsed.success || parsed.error.issues.length > 0).toBe(true)
      }),
    )
  })

  it('reads no field from a prototype', () => {
    const body = JSON.parse('{"__proto__":{"model":"seedance-2.0","prompt":"A paper boat"}}')
    expect(faultyPaths(body)).toEqual(expect.arrayContaining(['model', 'prompt']))
  })
})
