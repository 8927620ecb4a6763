import { describe, expect, it } from 'vitest'
import { aRequest, aSubmission, aTask, audio, image, video } from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import {
  aFailure,
  aJob,
  anAcceptance,
  anAsset,
  aScenario,
  aSuccess,
  createScenario,
  credentials,
  videoUrl,
} from './a-scenario.ts'

const candidate: Candidate = {
  apiKey: credentials,
  create: createScenario,
  replies: {
    accepted: anAcceptance(),
    pending: aJob(),
    done: [aSuccess(), anAsset()],
    failed: aFailure(),
    unauthorized: { status: 401, json: { reason: 'Unauthorized', traceId: 't-1' } },
  },
  output: { id: 'asset_abc123', url: videoUrl },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const base = 'https://api.cloud.scenario.com/v1'
const text = {
  prompt: 'A paper boat drifts down a rainy gutter',
  duration: 5,
  resolution: '720p',
  aspectRatio: 'adaptive',
  generateAudio: true,
}
const { prompt: _, ...withoutPrompt } = text

const last = `${image}?last`
const assets = new Map([
  [image, 'asset_image'],
  [last, 'asset_last'],
  [video, 'asset_video'],
  [audio, 'asset_audio'],
])

async function sentFor(request: Record<string, unknown>) {
  const { provider, sent } = aScenario({ json: {} })
  await provider.submit({ ...aSubmission(request), assets })
  return sent[0]
}

describe('a request to Scenario', () => {
  it('submits to the path of the model and polls the job, with key and secret in Basic authorization', async () => {
    const { provider, sent } = aScenario({ json: {} })
    await provider.submit(aSubmission())
    await provider.getStatus(aTask({ provider: 'scenario', providerTaskId: 'a/b c&d' }))
    expect(sent).toMatchObject([
      { method: 'POST', url: `${base}/generate/custom/model_bytedance-seedance-2-0-mini`, body: text },
      { method: 'GET', url: `${base}/jobs/a%2Fb%20c%26d` },
    ])
    for (const { headers, url, body } of sent) {
      expect(headers).toMatchObject({ authorization: `Basic ${credentials}` })
      expect(JSON.stringify([headers, url, body])).not.toMatch(/sc-key|sc-secret/)
    }
  })

  it.each([
    ['seedance-2.0', 'model_bytedance-seedance-2-0'],
    ['seedance-2.0-fast', 'model_bytedance-seedance-2-0-fast'],
    ['seedance-2.0-mini', 'model_bytedance-seedance-2-0-mini'],
  ])('for %s has the path of %s', async (model, id) => {
    expect(await sentFor({ model })).toMatchObject({ url: `${base}/generate/custom/${id}`, body: text })
  })

  it.each([
    ['a prompt', {}, text],
    ['an automatic duration', { duration: 'auto' }, { ...text, duration: -1 }],
    ['an automatic aspect ratio', { aspect_ratio: 'auto' }, text],
    ['480p', { resolution: '480p' }, { ...text, resolution: '480p' }],
    ['4k', { model: 'seedance-2.0', resolution: '4k' }, { ...text, resolution: '4k' }],
    ['no audio', { generate_audio: false }, { ...text, generateAudio: false }],
    ['the seed 0', { seed: 0 }, { ...text, seed: 0 }],
    ['the greatest seed', { seed: 4_294_967_295 }, { ...text, seed: 4_294_967_295 }],
    ['a first frame', { first_frame: image }, { ...text, image: 'asset_image' }],
    [
      'a first and a last frame',
      { first_frame: image, last_frame: last },
      { ...text, image: 'asset_image', lastFrameImage: 'asset_last' },
    ],
    [
      'a frame without a prompt',
      { prompt: undefined, first_frame: image },
      { ...withoutPrompt, image: 'asset_image' },
    ],
    [
      'the maximum of references of every kind',
      {
        reference_images: Array(9).fill(image),
        reference_videos: Array(3).fill(video),
        reference_audios: Array(3).fill(audio),
      },
      {
        ...text,
        referenceImages: Array(9).fill('asset_image'),
        referenceVideos: Array(3).fill('asset_video'),
        referenceAudio: Array(3).fill('asset_audio'),
      },
    ],
    [
      'one reference as a list, without a prompt, with an automatic duration',
      { prompt: undefined, reference_videos: [video], duration: 'auto' },
      { ...withoutPrompt, duration: -1, referenceVideos: ['asset_video'] },
    ],
    [
      'tags in its form',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_images: [image, image],
        reference_videos: [video],
        reference_audios: [audio],
      },
      expect.objectContaining({ prompt: '@image2 after @image1, as in @video1, to @audio1' }),
    ],
    ['no options of another provider', { provider_options: { runware: { outputFormat: 'WEBM' } } }, text],
  ])('sends %s exactly', async (_what, request, body) => {
    expect((await sentFor(request))?.body).toEqual(body)
  })

  it.each([4, 15])('sends %i seconds', async (duration) => {
    expect((await sentFor({ duration }))?.body).toEqual({ ...text, duration })
  })

  it.each(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'])(
    'sends the aspect ratio %s',
    async (aspect_ratio) => {
      expect((await sentFor({ aspect_ratio }))?.body).toEqual({ ...text, aspectRatio: aspect_ratio })
    },
  )

  it('is not sent while media are not uploaded, and the fault names them', async () => {
    const { provider, sent } = aScenario(anAcceptance())
    const submission = aSubmission({ reference_images: [image, last], reference_videos: [video] })
    for (const assets of [undefined, new Map([[image, 'asset_image']])]) {
      expect(await provider.submit({ ...submission, ...(assets && { assets }) })).toMatchObject({
        fault: {
          code: 'input_unavailable',
          message: expect.stringMatching(/reference_images\.1, reference_videos\.0\.$/),
        },
      })
    }
    expect(sent).toEqual([])
  })

  it.each([[{ duration: 5 }], [{ seed: 7 }], [{ projectId: 'p' }], [{ dryRun: true }]])(
    'cannot have the option %j',
    (options) => {
      expect(aScenario({ json: {} }).provider.options.safeParse(options).success).toBe(false)
    },
  )
})

describe('the checks of Scenario', () => {
  const { provider } = aScenario({ json: {} })
  const paths = (request: Record<string, unknown>) =>
    provider.refuse(aRequest(request)).map(({ path }) => path)
  const warnings = (request: Record<string, unknown>) =>
    provider.warn(aRequest(request)).map(({ path }) => path)

  it('accept an automatic duration and aspect ratio', () => {
    expect(paths({ duration: 'auto', aspect_ratio: 'auto' })).toEqual([])
  })

  it('warn that an aspect ratio with a first frame is not honored', () => {
    expect(warnings({ first_frame: image, aspect_ratio: '1:1' })).toEqual(['aspect_ratio'])
    expect(warnings({ first_frame: image, aspect_ratio: 'auto' })).toEqual([])
    expect(warnings({ first_frame: image })).toEqual([])
    expect(warnings({ aspect_ratio: '1:1' })).toEqual([])
  })

  it('warn about one seed for several videos', () => {
    expect(warnings({ seed: 7, count: 2 })).toEqual(['seed'])
    expect(warnings({ seed: 7 })).toEqual([])
  })
})
