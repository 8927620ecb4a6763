import { describe, expect, it } from 'vitest'
import { aRequest, aSubmission, aTask, audio, image, taskId, video } from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import {
  aCompletion,
  aGeneration,
  anAimlapi,
  anError,
  aProblem,
  createAimlapi,
  videoUrl,
} from './a-aimlapi.ts'

const candidate: Candidate = {
  apiKey: 'aiml-secret',
  create: createAimlapi,
  replies: {
    accepted: { json: { id: taskId, status: 'queued' } },
    pending: { json: aGeneration() },
    done: [{ json: aCompletion() }],
    failed: { json: anError() },
    unauthorized: aProblem(401),
  },
  output: { id: taskId, url: videoUrl },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const text = {
  model: 'bytedance/dreamina-seedance-2-0-mini',
  prompt: 'A paper boat drifts down a rainy gutter',
  aspect_ratio: '16:9',
  resolution: '720p',
  duration: 5,
  generate_audio: true,
}
const { aspect_ratio: _, ...framed } = text

const withOptions = (options: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  provider_options: { aimlapi: options },
  ...more,
})

async function sentFor(request: Record<string, unknown>): Promise<unknown> {
  const { provider, sent } = anAimlapi({ json: {} })
  await provider.submit(aSubmission(request))
  return sent[0]?.body
}

describe('a request to AI/ML API', () => {
  it('submits by POST with our reference and polls by GET, with the key as bearer token', async () => {
    const { provider, sent } = anAimlapi({ json: {} })
    await provider.submit(aSubmission())
    await provider.getStatus(aTask({ provider: 'aimlapi', providerTaskId: 'a/b c&d' }))
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://api.aimlapi.com/v2/video/generations', body: text },
      { method: 'GET', url: 'https://api.aimlapi.com/v2/video/generations?generation_id=a%2Fb+c%26d' },
    ])
    expect(sent[0]?.headers).toMatchObject({
      authorization: 'Bearer aiml-secret',
      'content-type': 'application/json',
      'x-client-request-id': taskId,
    })
    expect(sent[1]?.headers).toMatchObject({ authorization: 'Bearer aiml-secret' })
    expect(sent[1]?.headers).not.toHaveProperty('x-client-request-id')
    expect(sent[1]?.body).toBeUndefined()
  })

  it.each([
    ['a prompt', {}, text],
    ['the model 2.0', { model: 'seedance-2.0' }, { ...text, model: 'bytedance/seedance-2-0' }],
    ['the model 2.0 Fast', { model: 'seedance-2.0-fast' }, { ...text, model: 'bytedance/seedance-2-0-fast' }],
    [
      '4k',
      { model: 'seedance-2.0', resolution: '4k' },
      { ...text, model: 'bytedance/seedance-2-0', resolution: '4k' },
    ],
    ['a first frame without an aspect ratio', { first_frame: image }, { ...framed, image_url: image }],
    [
      'a first and a last frame with an aspect ratio',
      { first_frame: image, last_frame: `${image}?last`, aspect_ratio: '1:1' },
      { ...text, image_url: image, last_image_url: `${image}?last`, aspect_ratio: '1:1' },
    ],
    [
      'frames as data: URIs',
      { first_frame: 'data:image/png;base64,AAAA', last_frame: 'data:image/png;base64,BBBB' },
      { ...framed, image_url: 'data:image/png;base64,AAAA', last_image_url: 'data:image/png;base64,BBBB' },
    ],
    [
      'references of every kind',
      {
        reference_images: Array(9).fill(image),
        reference_videos: Array(3).fill(video),
        reference_audios: Array(3).fill(audio),
      },
      {
        ...text,
        image_urls: Array(9).fill(image),
        video_urls: Array(3).fill(video),
        audio_urls: Array(3).fill(audio),
      },
    ],
    ['a reference of one kind', { reference_videos: [video] }, { ...text, video_urls: [video] }],
    ['480p', { resolution: '480p' }, { ...text, resolution: '480p' }],
    ['no audio', { generate_audio: false }, { ...text, generate_audio: false }],
    ['the seed 0', { seed: 0 }, { ...text, seed: 0 }],
    ['the greatest seed', { seed: 4_294_967_295 }, { ...text, seed: 4_294_967_295 }],
    [
      'tags in its form',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_images: [image, image],
        reference_videos: [video],
        reference_audios: [audio],
      },
      expect.objectContaining({ prompt: '@Image2 after @Image1, as in @Video1, to @Audio1' }),
    ],
    ['no options of another provider', { provider_options: { runware: { outputFormat: 'WEBM' } } }, text],
  ])('sends %s exactly', async (_what, request, body) => {
    expect(await sentFor(request)).toEqual(body)
  })

  it.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])('sends %i seconds as a number', async (duration) => {
    expect(await sentFor({ duration })).toEqual({ ...text, duration })
  })

  it.each(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'])(
    'sends the aspect ratio %s',
    async (aspect_ratio) => {
      expect(await sentFor({ aspect_ratio })).toEqual({ ...text, aspect_ratio })
    },
  )

  it.each([
    [{ provider: 'bytedance' }, { provider: 'bytedance' }],
    [{ provider: 'fal' }, { provider: 'fal' }],
    [{ provider: 'Auto' }, { provider: 'auto' }],
    [{ watermark: true }, { watermark: true }],
    [{ watermark: false }, { watermark: false }],
    [{ audio_url: 'asset-20260801' }, { audio_url: 'asset-20260801' }],
    [{ video_url: video }, { video_url: video }],
  ])('sends the option %j', async (options, sent) => {
    expect(anAimlapi({ json: {} }).provider.options.safeParse(options).success).toBe(true)
    expect(await sentFor(withOptions(options))).toEqual({ ...text, ...sent })
  })

  it.each([
    [{ provider: 'another' }],
    [{ watermark: 'no' }],
    [{ audio_url: '' }],
    [{ video_url: 'gutter.mp4' }],
    [{ video_url: 'data:video/mp4;base64,AAAA' }],
    [{ seed: 7 }],
    [{ image_url: image }],
    [{ image_urls: [image] }],
    [{ model: 'bytedance/seedance-2-5' }],
  ])('cannot have the option %j', (options) => {
    expect(anAimlapi({ json: {} }).provider.options.safeParse(options).success).toBe(false)
  })
})

describe('the checks of AI/ML API', () => {
  const { provider } = anAimlapi({ json: {} })
  const reasons = (request: Record<string, unknown>) =>
    provider.refuse(aRequest(request)).map(({ path }) => path.replace('provider_options.aimlapi.', ''))

  it('accept data: URIs as frames only', () => {
    const embedded = 'data:image/png;base64,AAAA'
    expect(reasons({ first_frame: embedded, last_frame: embedded })).toEqual([])
    expect(reasons({ reference_images: [image, embedded] })).toEqual(['reference_images.1'])
  })

  it('refuse the aspect ratio auto', () => {
    expect(reasons({ first_frame: image, aspect_ratio: 'auto' })).toEqual(['aspect_ratio'])
  })

  it.each([
    [{ watermark: true }, {}, []],
    [{ watermark: true }, { model: 'seedance-2.0' }, []],
    [{ watermark: false }, { model: 'seedance-2.0-fast' }, ['watermark']],
    [{ provider: 'fal' }, { model: 'seedance-2.0-fast' }, []],
    [{ video_url: video }, {}, []],
    [{ video_url: video }, { model: 'seedance-2.0-fast' }, ['video_url']],
    [{ video_url: video }, { first_frame: image }, ['video_url']],
    [{ video_url: video }, { reference_videos: [video] }, ['video_url']],
    [{ audio_url: audio }, { reference_images: [image] }, []],
    [{ audio_url: audio, video_url: video }, {}, []],
    [{ audio_url: audio }, {}, ['audio_url']],
    [{ audio_url: audio }, { first_frame: image }, ['audio_url']],
    [{ audio_url: audio }, { reference_images: [image], reference_audios: [audio] }, ['audio_url']],
    [{ audio_url: audio }, { model: 'seedance-2.0-fast', reference_images: [image] }, ['audio_url']],
  ])('of the options %j with %j refuse %j', (options, request, paths) => {
    expect(reasons(withOptions(options, request))).toEqual(paths)
  })

  it('warn about one seed for several videos, and about nothing else', () => {
    const warnings = (request: Record<string, unknown>) =>
      provider.warn(aRequest(request)).map(({ path }) => path)
    expect(warnings({ seed: 7, count: 2 })).toEqual(['seed'])
    expect(warnings({ seed: 7 })).toEqual([])
    expect(warnings({ count: 4 })).toEqual([])
  })
})
