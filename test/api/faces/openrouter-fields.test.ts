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
      'options for a provider of ours and one of others',
      {
        provider: {
          options: {
            runware: { safety: { mode: 'none' } },
            'google-vertex': { a: 1 },
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
  ])('for %s names it as the dialect does', async (_, fields, message) => {
    const before = await countRows('jobs')
    const response = await post(aVideo(fields))
    expect([response.status, await errorOf(response)]).toEqual([
      400,
      { code: 400, message: expect.stringMatching(message) },
    ])
    expect(await countRows('jobs')).toBe(before)
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
