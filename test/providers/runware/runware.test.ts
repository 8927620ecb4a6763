import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../../src/connections.ts'
import { aSubmission, aTask, audio, callbackUrl, image, taskId, video } from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import { aFailedItem, anItem, aRunware, aSuccess, createRunware } from './a-runware.ts'

const candidate: Candidate = {
  apiKey: 'rw-secret',
  create: (fetch: Fetch) => createRunware(fetch),
  replies: {
    accepted: { json: { data: [{ taskType: 'videoInference', taskUUID: taskId }] } },
    pending: { json: { data: [anItem({ status: 'processing' })] } },
    done: [{ json: { data: [aSuccess()] } }],
    failed: { json: { data: [], errors: [aFailedItem()] } },
    unauthorized: { status: 401, json: { errors: [{ code: 'invalidApiKey', message: 'Invalid API key.' }] } },
  },
  output: { id: 'video-1', url: 'https://vm.runware.ai/video/video-1.mp4' },
  webhooks: { done: aSuccess(), failed: { errors: [aFailedItem()] } },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const text = {
  taskType: 'videoInference',
  taskUUID: taskId,
  model: 'bytedance:seedance@2.0-mini',
  positivePrompt: 'A paper boat drifts down a rainy gutter',
  width: 1280,
  height: 720,
  duration: 5,
  numberResults: 1,
  settings: { audio: true },
  deliveryMethod: 'async',
  outputType: 'URL',
  includeCost: true,
  ttl: 86_400,
  webhookURL: callbackUrl,
}
const { width: _, height: __, ...withoutPixels } = text

/** The single task that is sent for a request. */
async function sentFor(request: Record<string, unknown>, wanted = 1): Promise<unknown> {
  const { provider, sent } = aRunware({ json: {} })
  await provider.submit(aSubmission(request, wanted))
  const body = sent[0]?.body
  return Array.isArray(body) && body.length === 1 ? body[0] : body
}

describe('a request to Runware', () => {
  it('is an array of one task to the endpoint, with the key as bearer token', async () => {
    const { provider, sent } = aRunware({ json: {} })
    await provider.submit(aSubmission())
    await provider.getStatus(aTask())
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://api.runware.ai/v1', body: [text] },
      {
        method: 'POST',
        url: 'https://api.runware.ai/v1',
        body: [{ taskType: 'getResponse', taskUUID: taskId }],
      },
    ])
    expect(sent[0]?.headers).toMatchObject({
      authorization: 'Bearer rw-secret',
      'content-type': 'application/json',
    })
  })

  it.each([
    ['a prompt', {}, text],
    ['the model 2.0', { model: 'seedance-2.0' }, { ...text, model: 'bytedance:seedance@2.0' }],
    ['the model 2.0 Fast', { model: 'seedance-2.0-fast' }, { ...text, model: 'bytedance:seedance@2.0-fast' }],
    ['a duration', { duration: 15 }, { ...text, duration: 15 }],
    ['no audio', { generate_audio: false }, { ...text, settings: { audio: false } }],
    ['an aspect ratio', { resolution: '480p', aspect_ratio: '9:16' }, { ...text, width: 496, height: 864 }],
    [
      'a first frame',
      { first_frame: image },
      { ...withoutPixels, resolution: '720p', inputs: { frameImages: [{ image, frame: 'first' }] } },
    ],
    [
      'a first and a last frame without pixels',
      { first_frame: image, last_frame: `${image}?last`, resolution: '480p', aspect_ratio: '1:1' },
      {
        ...withoutPixels,
        resolution: '480p',
        inputs: {
          frameImages: [
            { image, frame: 'first' },
            { image: `${image}?last`, frame: 'last' },
          ],
        },
      },
    ],
    [
      'a frame as a data: URI',
      { first_frame: 'data:image/png;base64,AAAA' },
      {
        ...withoutPixels,
        resolution: '720p',
        inputs: { frameImages: [{ image: 'data:image/png;base64,AAAA', frame: 'first' }] },
      },
    ],
    [
      'references of every kind, with pixels',
      {
        reference_images: Array(9).fill(image),
        reference_videos: Array(3).fill(video),
        reference_audios: Array(3).fill(audio),
      },
      {
        ...text,
        inputs: {
          referenceImages: Array(9).fill(image),
          referenceVideos: Array(3).fill(video),
          referenceAudios: Array(3).fill(audio),
        },
      },
    ],
    [
      'a reference of one kind',
      { reference_videos: [video] },
      { ...text, inputs: { referenceVideos: [video] } },
    ],
    [
      'tags in plain words',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_images: [image, image],
        reference_videos: [video],
        reference_audios: [audio],
      },
      expect.objectContaining({ positivePrompt: 'image 2 after image 1, as in video 1, to audio 1' }),
    ],
  ])('sends %s exactly', async (_what, request, task) => {
    expect(await sentFor(request)).toEqual(task)
  })

  it.each([1, 2, 3, 4])('has %i results in one task', async (wanted) => {
    expect(await sentFor({ count: wanted }, wanted)).toEqual({ ...text, numberResults: wanted })
  })

  it.each([
    [{ outputFormat: 'MP4' }],
    [{ outputFormat: 'WEBM' }],
    [{ outputFormat: 'MOV' }],
    [{ outputQuality: 20 }],
    [{ outputQuality: 99 }],
    [{ ttl: 3_600 }],
    [{ safety: { checkContent: true } }],
    [{ safety: { mode: 'none' } }],
    [{ safety: { mode: 'fast' } }],
    [{ safety: { checkContent: true, mode: 'full' } }],
  ])('sends the option %j', async (options) => {
    expect(aRunware({ json: {} }).provider.options.safeParse(options).success).toBe(true)
    expect(await sentFor({ provider_options: { runware: options } })).toEqual({ ...text, ...options })
  })

  it('ignores the options of another provider', async () => {
    expect(await sentFor({ provider_options: { crun: { return_last_frame: true } } })).toEqual(text)
  })

  it.each([
    [{ outputFormat: 'AVI' }],
    [{ outputQuality: 19 }],
    [{ outputQuality: 100 }],
    [{ ttl: 59 }],
    [{ safety: { mode: 'strict' } }],
    [{ safety: { level: 1 } }],
    [{ includeCost: false }],
    [{ webhookURL: 'https://elsewhere.example.com' }],
    [{ taskUUID: taskId }],
  ])('cannot have the option %j', (options) => {
    expect(aRunware({ json: {} }).provider.options.safeParse(options).success).toBe(false)
  })
})
