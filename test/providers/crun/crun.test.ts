import { describe, expect, it } from 'vitest'
import { aRequest, aSubmission, aTask, audio, callbackUrl, image, taskId, video } from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import { aCrun, aFailure, aSuccess, aTaskInfo, createCrun, enveloped, videoUrl } from './a-crun.ts'

const candidate: Candidate = {
  apiKey: 'ak_secret',
  create: createCrun,
  replies: {
    accepted: { json: enveloped({ task_id: taskId }) },
    pending: { json: enveloped(aTaskInfo()) },
    done: [{ json: enveloped(aSuccess()) }],
    failed: { json: enveloped(aFailure()) },
    unauthorized: { status: 401, json: { code: 401, message: 'Unauthorized' } },
  },
  output: { id: taskId, url: videoUrl },
  webhooks: { done: aSuccess(), failed: aFailure() },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const text = {
  model: 'bytedance/seedance2-0-mini-t2v',
  callback_url: callbackUrl,
  input: {
    prompt: 'A paper boat drifts down a rainy gutter',
    resolution: '720p',
    aspect_ratio: '16:9',
    duration: 5,
    audio: true,
  },
}

/** The same task with more input, and perhaps another model. */
function aTaskWith(input: Record<string, unknown>, model: string = text.model) {
  return { ...text, model, input: { ...text.input, ...input } }
}

const i2v = 'bytedance/seedance2-0-mini-i2v'
const r2v = 'bytedance/seedance2-0-mini-r2v'

async function sentFor(request: Record<string, unknown>): Promise<unknown> {
  const { provider, sent } = aCrun({ json: {} })
  await provider.submit(aSubmission(request))
  return sent[0]?.body
}

describe('a request to Crun', () => {
  it('creates a task by POST and polls it by GET, with the key in x-api-key', async () => {
    const { provider, sent } = aCrun({ json: {} })
    await provider.submit(aSubmission())
    await provider.getStatus(aTask({ provider: 'crun', providerTaskId: 'a/b c&d' }))
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://api.crun.ai/api/v1/client/job/CreateTask', body: text },
      { method: 'GET', url: 'https://api.crun.ai/api/v1/client/job/TaskInfo?task_id=a%2Fb%20c%26d' },
    ])
    expect(sent[0]?.headers).toMatchObject({ 'x-api-key': 'ak_secret', 'content-type': 'application/json' })
    expect(sent[1]?.body).toBeUndefined()
    expect(sent[1]?.headers).not.toHaveProperty('content-type')
  })

  it.each([
    ['seedance-2.0', {}, 'bytedance/seedance2-0-t2v'],
    ['seedance-2.0', { first_frame: image }, 'bytedance/seedance2-0-i2v'],
    ['seedance-2.0', { reference_images: [image] }, 'bytedance/seedance2-0-r2v'],
    ['seedance-2.0-fast', {}, 'bytedance/seedance2-0-fast-t2v'],
    ['seedance-2.0-fast', { first_frame: image }, 'bytedance/seedance2-0-fast-i2v'],
    ['seedance-2.0-fast', { reference_videos: [video] }, 'bytedance/seedance2-0-fast-r2v'],
    ['seedance-2.0-mini', {}, 'bytedance/seedance2-0-mini-t2v'],
    ['seedance-2.0-mini', { first_frame: image, last_frame: image }, i2v],
    ['seedance-2.0-mini', { reference_images: [image], reference_audios: [audio] }, r2v],
  ])('for %s with %j names the model %s', async (model, inputs, id) => {
    expect(await sentFor({ model, ...inputs })).toMatchObject({ model: id })
  })

  it.each([
    ['a prompt', {}, text],
    ['a duration', { duration: 15 }, aTaskWith({ duration: 15 })],
    ['no audio', { generate_audio: false }, aTaskWith({ audio: false })],
    [
      'an aspect ratio',
      { resolution: '480p', aspect_ratio: '9:16' },
      aTaskWith({ resolution: '480p', aspect_ratio: '9:16' }),
    ],
    [
      '1080p',
      { model: 'seedance-2.0', resolution: '1080p' },
      aTaskWith({ resolution: '1080p' }, 'bytedance/seedance2-0-t2v'),
    ],
    ['a first frame', { first_frame: image }, aTaskWith({ img_urls: [image], aspect_ratio: 'auto' }, i2v)],
    [
      'a first and a last frame with an aspect ratio',
      { first_frame: image, last_frame: `${image}?last`, aspect_ratio: '1:1' },
      aTaskWith({ img_urls: [image, `${image}?last`], aspect_ratio: '1:1' }, i2v),
    ],
    [
      'references of every kind',
      {
        reference_images: Array(9).fill(image),
        reference_videos: Array(3).fill(video),
        reference_audios: Array(3).fill(audio),
      },
      aTaskWith(
        {
          reference_images: Array(9).fill(image),
          reference_videos: Array(3).fill(video),
          reference_audios: Array(3).fill(audio),
        },
        r2v,
      ),
    ],
    ['a reference of one kind', { reference_videos: [video] }, aTaskWith({ reference_videos: [video] }, r2v)],
    [
      'tags in its form',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_images: [image, image],
        reference_videos: [video],
        reference_audios: [audio],
      },
      expect.objectContaining({
        input: expect.objectContaining({ prompt: '[Image2] after [Image1], as in [Video1], to [Audio1]' }),
      }),
    ],
    [
      'its options',
      { provider_options: { crun: { return_last_frame: true, byteplus_fallback: true } } },
      aTaskWith({ return_last_frame: true, byteplus_fallback: true }),
    ],
    ['no options of another provider', { provider_options: { runware: { outputFormat: 'WEBM' } } }, text],
  ])('sends %s exactly', async (_, request, task) => {
    expect(await sentFor(request)).toEqual(task)
  })

  it.each([
    [{ return_last_frame: 'yes' }],
    [{ byteplus_fallback: 1 }],
    [{ seed: 7 }],
    [{ callback_url: 'https://elsewhere.example.com' }],
    [{ generate_audio: true }],
  ])('cannot have the option %j', (options) => {
    expect(aCrun({ json: {} }).provider.options.safeParse(options).success).toBe(false)
  })
})

describe('the checks of Crun', () => {
  const { provider } = aCrun({ json: {} })
  const paths = (request: Record<string, unknown>) =>
    provider.refuse(aRequest(request)).map(({ path }) => path)

  it('refuse every data: URI', () => {
    const embedded = 'data:image/png;base64,AAAA'
    expect(paths({ first_frame: embedded, last_frame: embedded })).toEqual(['first_frame', 'last_frame'])
    expect(paths({ reference_images: [image, embedded] })).toEqual(['reference_images.1'])
  })

  it('accept the aspect ratio auto only with a first frame', () => {
    expect(paths({ first_frame: image, aspect_ratio: 'auto' })).toEqual([])
    expect(paths({ aspect_ratio: 'auto' })).toEqual(['aspect_ratio'])
    expect(paths({ reference_images: [image], aspect_ratio: 'auto' })).toEqual(['aspect_ratio'])
  })

  it('accept byteplus_fallback only with the mini model', () => {
    const options = { provider_options: { crun: { byteplus_fallback: true } } }
    expect(paths(options)).toEqual([])
    for (const model of ['seedance-2.0', 'seedance-2.0-fast']) {
      expect(paths({ model, ...options }), model).toEqual(['provider_options.crun.byteplus_fallback'])
    }
  })

  it('never warn', () => {
    expect(provider.warn(aRequest({ first_frame: image, aspect_ratio: '1:1' }))).toEqual([])
  })
})

it('Crun offers no search for a lost submission', () => {
  expect(aCrun({ json: {} }).provider.findSubmission).toBeUndefined()
})
