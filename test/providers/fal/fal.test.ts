import { describe, expect, it } from 'vitest'
import { aRequest, aSubmission, aTask, audio, callbackUrl, image, taskId, video } from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import {
  accepted,
  aFailedWebhook,
  aFal,
  anOutput,
  aStatus,
  aWebhook,
  createFal,
  failed,
  falKey,
  queueUrl,
  requestUrl,
  signature,
  storedId,
  videoUrl,
} from './a-fal.ts'

const canceledResult = {
  status: 499,
  json: { detail: 'The request was cancelled', error_type: 'client_cancelled' },
}
const alreadyCompleted = { status: 400, json: { status: 'ALREADY_COMPLETED' } }

const candidate: Candidate = {
  apiKey: falKey,
  create: createFal,
  replies: {
    accepted: { json: accepted },
    pending: aStatus('IN_QUEUE'),
    done: [aStatus('COMPLETED'), { json: anOutput }],
    failed,
    unauthorized: {
      status: 401,
      json: { detail: 'Authentication is required to access this application.' },
    },
  },
  output: { id: storedId, url: videoUrl },
  webhooks: { done: aWebhook(), failed: aFailedWebhook() },
  signature,
  cancel: {
    canceled: [{ json: { status: 'OK' } }],
    canceledBefore: [alreadyCompleted, canceledResult],
    ended: [alreadyCompleted, { json: anOutput }],
    requested: [{ status: 202, json: { status: 'CANCELLATION_REQUESTED' } }],
  },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

async function submitted(request: Record<string, unknown>) {
  const { provider, sent } = aFal({ json: accepted })
  const result = await provider.submit(aSubmission(request))
  const url = new URL(sent[0]?.url ?? '')
  return { result, url, path: url.pathname, body: sent[0]?.body }
}

describe('a submission to fal', () => {
  it.each([
    ['seedance-2.0', {}, 'seedance-2.0/text-to-video'],
    ['seedance-2.0', { first_frame: image }, 'seedance-2.0/image-to-video'],
    ['seedance-2.0', { reference_images: [image] }, 'seedance-2.0/reference-to-video'],
    ['seedance-2.0-fast', {}, 'seedance-2.0/fast/text-to-video'],
    ['seedance-2.0-fast', { first_frame: image, last_frame: image }, 'seedance-2.0/fast/image-to-video'],
    ['seedance-2.0-mini', { reference_videos: [video] }, 'seedance-2.0/mini/reference-to-video'],
    ['seedance-2.0-mini', {}, 'seedance-2.0/mini/text-to-video'],
    ['seedance-2.5', {}, 'seedance-2.5/text-to-video'],
    ['seedance-2.5', { first_frame: image }, 'seedance-2.5/image-to-video'],
    ['seedance-2.5', { reference_audios: [audio] }, 'seedance-2.5/reference-to-video'],
  ])('for %s with %j is posted to the endpoint %s', async (model, inputs, endpoint) => {
    const { path, result } = await submitted({ model, ...inputs })
    expect(path).toBe(`/bytedance/${endpoint}`)
    // The addresses of its request have the app only.
    expect(result).toEqual({ ok: true, value: { providerTaskId: `${model.slice(0, 12)}/${taskId}` } })
  })

  it('has the callback URL in its query, and nowhere else', async () => {
    const { url, body } = await submitted({})
    expect(url.origin).toBe(queueUrl)
    expect(Object.fromEntries(url.searchParams)).toEqual({ fal_webhook: callbackUrl })
    expect(JSON.stringify(body)).not.toContain(callbackUrl)
  })

  const text = {
    prompt: 'A paper boat drifts down a rainy gutter',
    resolution: '720p',
    duration: '5',
    aspect_ratio: '16:9',
    generate_audio: true,
  }

  it.each([
    ['a prompt', {}, text],
    ['a duration as a string', { duration: 15 }, { ...text, duration: '15' }],
    ['the duration auto', { duration: 'auto' }, { ...text, duration: 'auto' }],
    ['30 seconds of 2.5', { model: 'seedance-2.5', duration: 30 }, { ...text, duration: '30' }],
    ['no audio', { generate_audio: false }, { ...text, generate_audio: false }],
    ['a seed', { seed: 7 }, { ...text, seed: 7 }],
    ['the aspect ratio auto', { aspect_ratio: 'auto' }, { ...text, aspect_ratio: 'auto' }],
    ['a first frame', { first_frame: image }, { ...text, image_url: image, aspect_ratio: 'auto' }],
    [
      'two frames with an aspect ratio',
      { first_frame: image, last_frame: `${image}?last`, aspect_ratio: '1:1' },
      { ...text, image_url: image, end_image_url: `${image}?last`, aspect_ratio: '1:1' },
    ],
    [
      'references of every kind, with tags in its form',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_images: [image, image],
        reference_videos: [video],
        reference_audios: [audio],
      },
      {
        ...text,
        prompt: '@Image2 after @Image1, as in @Video1, to @Audio1',
        image_urls: [image, image],
        video_urls: [video],
        audio_urls: [audio],
      },
    ],
    [
      'its option',
      { provider_options: { fal: { end_user_id: 'user-7' } } },
      { ...text, end_user_id: 'user-7' },
    ],
    ['no options of another provider', { provider_options: { runware: { outputFormat: 'WEBM' } } }, text],
  ])('sends %s exactly', async (_, request, input) => {
    expect((await submitted(request)).body).toEqual(input)
  })
})

describe('the checks of fal', () => {
  const { provider } = aFal({ json: {} })
  const paths = (request: Record<string, unknown>) =>
    provider.refuse(aRequest(request)).map(({ path }) => path)

  it('accept 12 references in all, and more for 2.5', () => {
    const images = Array(9).fill(image)
    const twelve = { reference_images: images, reference_videos: [video, video, video] }
    expect(paths(twelve)).toEqual([])
    expect(paths({ ...twelve, reference_audios: [audio] })).toEqual(['reference_audios'])
    expect(paths({ reference_images: images, reference_audios: [audio, audio, audio] })).toEqual([])
    const many = { reference_images: Array(30).fill(image), reference_videos: Array(10).fill(video) }
    expect(paths({ model: 'seedance-2.5', ...many, reference_audios: Array(10).fill(audio) })).toEqual([])
  })

  it('refuse a seed for 2.5 only, whose text endpoint has none', () => {
    expect(paths({ model: 'seedance-2.5', seed: 7 })).toEqual(['seed'])
    expect(paths({ model: 'seedance-2.0', seed: 7 })).toEqual([])
  })

  it('refuse every data: URI', () => {
    const embedded = 'data:image/png;base64,AAAA'
    expect(paths({ first_frame: embedded, last_frame: embedded })).toEqual(['first_frame', 'last_frame'])
  })

  it.each([[{ end_user_id: '' }], [{ end_user_id: 7 }], [{ fal_webhook: callbackUrl }], [{ seed: 7 }]])(
    'refuse the option %j',
    (options) => {
      expect(provider.options.safeParse(options).success).toBe(false)
    },
  )
})

describe('the addresses of a request at fal', () => {
  it('have the app and the id, not the rest of the endpoint', async () => {
    const { provider, sent } = aFal(aStatus('COMPLETED'), { json: anOutput }, { json: { status: 'OK' } })
    const task = aTask({ provider: 'fal' })
    await provider.getStatus(task)
    await provider.cancel?.(task)
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${requestUrl}/status`,
      `GET ${requestUrl}`,
      `PUT ${requestUrl}/cancel`,
    ])
  })

  it('escape a hostile id', async () => {
    const { provider, sent } = aFal({ status: 404, json: { detail: 'Not found' } })
    await provider.getStatus(aTask({ provider: 'fal', providerTaskId: 'seedance-2.0/../../a?b#c' }))
    expect(sent[0]?.url).toBe(`${queueUrl}/bytedance/seedance-2.0/requests/..%2F..%2Fa%3Fb%23c/status`)
  })

  it('are none for the id of another provider, so nothing is sent', async () => {
    const { provider, sent } = aFal({ json: {} })
    const task = aTask({ provider: 'fal', providerTaskId: taskId })
    expect(await provider.getStatus(task)).toMatchObject({ fault: { code: 'task_lost' } })
    expect(await provider.cancel?.(task)).toMatchObject({ fault: { code: 'task_lost' } })
    expect(sent).toEqual([])
  })
})

it('fal offers no search for a lost submission', () => {
  expect(aFal({ json: {} }).provider.findSubmission).toBeUndefined()
})
