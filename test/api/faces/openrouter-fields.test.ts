/** The fields of the OpenRouter dialect, and how their faults are named. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { aDataUri } from '../../support/assets.ts'
import { ask, aVideo, created, errorOf, post } from '../../support/openrouter.ts'
import { countRows } from '../../support/storage.ts'

describe('a field', () => {
  const url = 'https://example.com/a.png'
  const image = { type: 'image_url', image_url: { url } }

  it.each([
    [
      'a size',
      { resolution: null, size: '1920x1080', model: 'seedance-2.0', provider: null },
      { resolution: '1080p', aspect_ratio: '16:9' },
    ],
    [
      'a size that its model does not offer',
      { resolution: null, size: '3840x2160' },
      { resolution: '720p', aspect_ratio: '16:9' },
    ],
    [
      'an aspect ratio beside a size',
      { size: '640x640', aspect_ratio: '21:9' },
      { resolution: '480p', aspect_ratio: '21:9' },
    ],
    [
      'a size beside a frame that decides the ratio',
      { model: 'seedance-2.5', provider: null, resolution: null, size: '1920x1080', frame_images: [image] },
      { resolution: '1080p', first_frame: url },
    ],
    ['a name of another model', { model: 'sora-2' }, { model: 'seedance-2.0-fast' }],
    ['a null that a client wrote', { frame_images: [{ ...image, frame_type: null }] }, { first_frame: url }],
    ['a first frame', { frame_images: [image] }, { first_frame: url, reference_images: [] }],
    [
      'both frames, which win over references',
      {
        frame_images: [
          { ...image, frame_type: 'last_frame' },
          { ...image, frame_type: 'first_frame' },
        ],
        input_references: [image],
      },
      { first_frame: url, last_frame: url, reference_images: [] },
    ],
    [
      'references of each kind',
      {
        input_references: [
          { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
          image,
          { type: 'audio_url', audio_url: { url: 'https://example.com/a.mp3' } },
        ],
      },
      {
        reference_images: [url],
        reference_videos: ['https://example.com/a.mp4'],
        reference_audios: ['https://example.com/a.mp3'],
      },
    ],
    ['sound', { generate_audio: false, duration: 4 }, { generate_audio: false, duration: 4 }],
    [
      'options for a provider of ours',
      {
        provider: {
          options: {
            runware: { safety: { mode: 'none' } },
            reelhook: { provider: 'runware', metadata: { a: 'b' } },
          },
        },
      },
      {
        provider: 'runware',
        metadata: { a: 'b' },
        provider_options: { runware: { safety: { mode: 'none' } } },
      },
    ],
    ['what OpenRouter only reports by', { user: 'u', session_id: 's', trace: { a: 1 } }, {}],
    [
      'an empty prompt with a frame',
      { prompt: '', frame_images: [image], provider: null },
      { first_frame: url },
    ],
  ])('with %s is that of a job', async (_, fields, request) => {
    const job = await created(fields)
    expect(job.request).toMatchObject(request)
  })
})

describe('a field of a job in the options', () => {
  const image = 'https://example.com/a.png'

  it.each([
    ['references', { reference_images: [image], reference_videos: ['https://example.com/a.mp4'] }],
    ['frames', { first_frame: image, last_frame: image }],
    ['the duration and the shape', { duration: 4, resolution: '480p', aspect_ratio: '1:1', seed: 3 }],
    ['the sound and the count', { generate_audio: false, count: 2, retention_days: 3 }],
    [
      'options of a provider',
      { provider: 'runware', provider_options: { runware: { safety: { mode: 'none' } } } },
    ],
  ])('is honored: %s', async (_, fields) => {
    const job = await created({ ...inOptions({ provider: 'fal', ...fields }), resolution: undefined })
    expect(job.request).toMatchObject(fields)
  })

  it('is honored where the AI SDK sends an empty one: the prompt', async () => {
    const { request } = await created({ prompt: '', ...inOptions({ prompt: 'A boat' }) })
    expect(request).toMatchObject({ prompt: 'A boat' })
  })

  it.each([
    ['model', {}, { model: 'seedance-2.0' }, 'model'],
    ['prompt', {}, { prompt: 'A boat' }, 'prompt'],
    ['duration', { duration: 5 }, { duration: 6 }, 'duration'],
    ['resolution', {}, { resolution: '720p' }, 'resolution'],
    ['aspect_ratio', { resolution: null, size: '1280x720' }, { aspect_ratio: '1:1' }, 'size'],
    [
      'first_frame',
      { frame_images: [{ image_url: { url: image } }] },
      { first_frame: image },
      'frame_images.0',
    ],
    [
      'reference_images',
      { input_references: [{ type: 'image_url', image_url: { url: image } }] },
      { reference_images: [image] },
      'input_references',
    ],
  ])('is refused beside the field that means the same: %s', async (field, fields, options, name) => {
    const { message } = await refusedWith({ ...inOptions(options), ...fields })
    expect(message).toContain(`provider.options.reelhook.${field}: means the same as ${name}: leave it out`)
  })

  it('is refused beside the options of providers: provider_options', async () => {
    const options = { crun: {}, reelhook: { provider_options: {} } }
    const { message } = await refusedWith({ provider: { options } })
    expect(message).toContain('reelhook.provider_options: means the same as provider.options: leave it out')
  })

  it('has its name there in a fault', async () => {
    const { message } = await refusedWith(inOptions({ reference_images: [image, 'nowhere'] }))
    expect(message).toContain('provider.options.reelhook.reference_images.1: must be')
  })

  const inOptions = (reelhook: object) => ({ provider: { options: { reelhook } } })
})

describe('a refused request', () => {
  it.each([
    ['an unknown model', { model: 'google/veo-3.1' }, /model: must be one of seedance-2\.0/],
    ['an unknown field', { durations: 5 }, /durations: is not a known field/],
    ['an earlier job', { previous_job_id: 'x' }, /previous_job_id: is not supported/],
    ['a duration out of range', { duration: 99 }, /duration: must be a whole number of seconds/],
    ['a size that is none', { size: 'big' }, /size: must be <width>x<height>/],
    ['a resolution that is not offered', { resolution: '2K' }, /resolution: /],
    [
      'a bad frame',
      { frame_images: [{ image_url: { url: 'nowhere' } }] },
      /frame_images\.0: must be an https URL/,
    ],
    ['two first frames', { frame_images: [frame(), frame()] }, /frame_images\.1: is a second first_frame/],
    [
      'a bad reference',
      { input_references: [{ type: 'image_url', image_url: { url: 'x' } }] },
      /input_references\.0: must be/,
    ],
    [
      'a reference without a link',
      { input_references: [{ type: 'video_url' }] },
      /input_references\.0\.video_url: /,
    ],
    [
      'an option of ours',
      { provider: { options: { reelhook: { max_cost_usd: -1 } } } },
      /provider\.options\.reelhook\.max_cost_usd: /,
    ],
    [
      'an option of a provider',
      { provider: { options: { crun: { x: 1 } } } },
      /provider\.options\.crun\.x: is not a known field/,
    ],
    [
      'options of no provider here',
      { provider: { options: { 'reel-hook': { max_cost_usd: 1 }, 'google-vertex': { a: 1 } } } },
      /provider\.options\.reel-hook: must be reelhook, runware, .*provider\.options\.google-vertex: must be/,
    ],
    [
      'a field of a job in the wrong place',
      { max_cost_usd: 1, provider: { count: 2 } },
      /max_cost_usd: belongs in provider\.options\.reelhook.* provider\.count: belongs in provider\.options\.reelhook/,
    ],
    [
      'an order of providers',
      { provider: { order: ['x'] } },
      /provider\.order: .*provider\.options\.reelhook\.provider/,
    ],
    [
      'a misspelled field of a frame',
      { frame_images: [{ ...frame(), frame_typ: 'last_frame' }] },
      /frame_images\.0\.frame_typ: is not a known field/,
    ],
    [
      'a reference of two kinds',
      { input_references: [{ ...frame(), video_url: { url: 'https://example.com/a.mp4' } }] },
      /input_references\.0\.video_url: is not a known field/,
    ],
  ])('for %s names it as the dialect does', async (_, fields, message) => {
    expect(await refusedWith(fields)).toEqual({ code: 400, message: expect.stringMatching(message) })
  })

  function frame() {
    return { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }
  }

  it('names the faults of the dialect and those of a job at once', async () => {
    const frames = [{ image_url: { url: aDataUri('image/png', 300_000) } }]
    const response = await post(aVideo({ durations: 5, duration: 99, model: 'veo', frame_images: frames }))
    const { message } = await errorOf(response)
    expect(message).toMatch(/ durations: .* model: .* duration: /)
    expect(message).not.toContain('frame_images')
  })

  it('leaves no file', async () => {
    const before = await countRows('assets')
    const frames = [{ image_url: { url: aDataUri('image/png', 300_000) } }]
    expect((await post(aVideo({ duration: 99, frame_images: frames }))).status).toBe(400)
    const text = `data:image/png;base64,${'text'.repeat(100_000)}`
    const wrong = await post(
      aVideo({ frame_images: [...frames, { image_url: { url: text }, frame_type: 'last_frame' }] }),
    )
    expect(wrong.status).toBe(415)
    expect(await countRows('assets')).toBe(before)
  })

  it('for another body with the same Idempotency-Key is 400, which the AI SDK does not repeat', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() }
    const { id } = await created({}, key)
    const response = await post(aVideo({ duration: 6 }), key)
    expect([response.status, (await errorOf(response)).message]).toEqual([400, expect.stringContaining(id)])
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no body', ''],
  ])('with %s is 400', async (_, body) => {
    const response = await ask('', { method: 'POST', body })
    expect([response.status, (await errorOf(response)).code]).toEqual([400, 400])
  })

  it('with a body that is too large is 413', async () => {
    const response = await ask('', { method: 'POST', body: new Uint8Array(9 * 1024 * 1024) })
    expect([response.status, (await errorOf(response)).code]).toEqual([413, 413])
  })

  it('of a key that may only read, or of another project, learns nothing', async () => {
    const reader = await createApiKey('reader', { scopes: ['jobs:read'] })
    expect((await post(aVideo(), bearerHeader(reader))).status).toBe(403)
    const shop = await createApiKey('shop', { project: 'shop' })
    const { id } = await created()
    for (const path of [`/${id}`, `/${id}/content`])
      expect((await ask(path, {}, bearerHeader(shop))).status).toBe(404)
  })
})

/** The error. No job was made. */
async function refusedWith(fields: object) {
  const before = await countRows('jobs')
  const response = await post(aVideo(fields))
  expect(response.status).toBe(400)
  expect(await countRows('jobs')).toBe(before)
  return errorOf(response)
}
