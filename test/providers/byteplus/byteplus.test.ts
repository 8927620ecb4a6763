import { describe, expect, it } from 'vitest'
import {
  aNetwork,
  aRequest,
  aSubmission,
  aTask,
  audio,
  callbackUrl,
  image,
  taskId,
  video,
} from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'
import {
  aBytePlus,
  aFailure,
  anArkTask,
  aProblem,
  aSuccess,
  createBytePlus,
  expiry,
  videoUrl,
} from './a-byteplus.ts'

const candidate: Candidate = {
  apiKey: 'ark_secret',
  create: createBytePlus,
  replies: {
    accepted: { json: { id: taskId } },
    pending: { json: anArkTask() },
    done: [{ json: aSuccess() }],
    failed: { json: aFailure() },
    unauthorized: aProblem(401, 'AuthenticationError', 'The API key is missing or invalid.'),
  },
  output: { id: taskId, url: videoUrl },
  webhooks: { done: aSuccess(), failed: aFailure() },
  cancel: {
    canceled: [
      { json: anArkTask({ status: 'queued' }) },
      { json: {} },
      { json: anArkTask({ status: 'cancelled' }) },
    ],
    canceledBefore: [{ json: anArkTask({ status: 'cancelled' }) }],
    ended: [{ json: aSuccess() }],
    running: [{ json: anArkTask() }],
    // Its record shows the cancellation a little later.
    requested: [
      { json: anArkTask({ status: 'queued' }) },
      { json: {} },
      { json: anArkTask({ status: 'queued' }) },
    ],
  },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const tasksUrl = 'https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks'
const prompt = 'A paper boat drifts down a rainy gutter'

const text = {
  model: 'dreamina-seedance-2-0-mini-260615',
  content: [{ type: 'text', text: prompt }],
  resolution: '720p',
  ratio: '16:9',
  duration: 5,
  generate_audio: true,
  execution_expires_after: expiry,
  callback_url: callbackUrl,
}

const asText = (text: string) => ({ type: 'text', text })
const asImage = (url: string, role: string) => ({ type: 'image_url', image_url: { url }, role })
const asVideo = (url: string) => ({ type: 'video_url', video_url: { url }, role: 'reference_video' })
const asAudio = (url: string) => ({ type: 'audio_url', audio_url: { url }, role: 'reference_audio' })

async function sentFor(request: Record<string, unknown>, settings: Record<string, string> = {}) {
  const { fetch, sent } = aNetwork({ json: {} })
  await createBytePlus(fetch, settings).submit(aSubmission(request))
  return sent[0]
}

describe('a request to BytePlus', () => {
  it('creates a task by POST and polls it by GET', async () => {
    const { provider, sent } = aBytePlus({ json: {} })
    await provider.submit(aSubmission())
    await provider.getStatus(aTask({ provider: 'byteplus', providerTaskId: 'cgt-1/b c' }))
    expect(sent).toMatchObject([
      { method: 'POST', url: tasksUrl, headers: { authorization: 'Bearer ark_secret' }, body: text },
      { method: 'GET', url: `${tasksUrl}/cgt-1%2Fb%20c`, headers: { authorization: 'Bearer ark_secret' } },
    ])
  })

  it.each([
    ['a prompt', {}, {}],
    [
      '4k',
      { model: 'seedance-2.0', resolution: '4k' },
      { model: 'dreamina-seedance-2-0-260128', resolution: '4k' },
    ],
    ['the fast model', { model: 'seedance-2.0-fast' }, { model: 'dreamina-seedance-2-0-fast-260128' }],
    ['a duration of its choice', { duration: 'auto' }, { duration: -1 }],
    ['no audio', { generate_audio: false }, { generate_audio: false }],
    ['a shape of its choice', { aspect_ratio: 'auto' }, { ratio: 'adaptive' }],
    [
      'two frames without a prompt',
      { prompt: undefined, first_frame: image, last_frame: 'data:image/png;base64,AAAA' },
      {
        content: [asImage(image, 'first_frame'), asImage('data:image/png;base64,AAAA', 'last_frame')],
        ratio: 'adaptive',
      },
    ],
    [
      'a frame with a shape',
      { first_frame: image, aspect_ratio: '1:1' },
      { content: [asText(prompt), asImage(image, 'first_frame')], ratio: '1:1' },
    ],
    [
      'references of every kind, in the order of their tags',
      {
        prompt: '{{image:2}} after {{image:1}}, as in {{video:1}}, to {{audio:1}}',
        reference_audios: ['data:audio/wav;base64,AAAA'],
        reference_videos: [video],
        reference_images: [image, 'asset://asset-1'],
      },
      {
        content: [
          asText('Image 2 after Image 1, as in Video 1, to Audio 1'),
          asImage(image, 'reference_image'),
          asImage('asset://asset-1', 'reference_image'),
          asVideo(video),
          asAudio('data:audio/wav;base64,AAAA'),
        ],
        // The last bit says that videos are given.
        execution_expires_after: expiry + 1,
      },
    ],
    [
      'tags of Seedance 2.5',
      { model: 'seedance-2.5', prompt: '{{audio:1}} alone', reference_audios: [audio], output_format: 'mov' },
      {
        model: 'dreamina-seedance-2-5-260628',
        content: [asText('@Audio 1 alone'), asAudio(audio)],
        output_format: 'mov',
      },
    ],
    [
      'a video to edit, in its own shape',
      {
        model: 'seedance-2.5',
        reference_videos: [video],
        provider_options: { byteplus: { omni_reference_task_type: 'edit' } },
      },
      {
        model: 'dreamina-seedance-2-5-260628',
        content: [asText(prompt), asVideo(video)],
        ratio: 'adaptive',
        omni_reference_task_type: 'edit',
        execution_expires_after: expiry + 1,
      },
    ],
    [
      'its options',
      {
        provider_options: {
          byteplus: { watermark: false, return_last_frame: true, priority: 9, safety_identifier: 'u1' },
        },
      },
      { watermark: false, return_last_frame: true, priority: 9, safety_identifier: 'u1' },
    ],
    ['no options of another provider', { provider_options: { crun: { return_last_frame: true } } }, {}],
  ])('sends %s exactly', async (_, request, changed) => {
    expect((await sentFor(request))?.body).toEqual({ ...text, ...changed })
  })

  it('lets a task expire after the deadline of its job', async () => {
    for (const deadline_seconds of [60, 3_601, 86_400]) {
      const body = Object((await sentFor({ deadline_seconds }))?.body)
      const after = body.execution_expires_after - Math.max(3_600, deadline_seconds)
      expect(after).toBeGreaterThanOrEqual(0)
      expect(body.execution_expires_after).toBeLessThan(172_800)
    }
  })

  it.each([
    [
      'the address of Volcengine',
      { BYTEPLUS_BASE_URL: 'https://ark.cn-beijing.volces.com/api/v3' },
      'doubao-',
    ],
    [
      'a proxy for Volcengine',
      { BYTEPLUS_BASE_URL: 'https://proxy.example.com', BYTEPLUS_MODEL_PREFIX: 'doubao-' },
      'doubao-',
    ],
    ['a proxy', { BYTEPLUS_BASE_URL: 'https://volces.com.example.com' }, 'dreamina-'],
  ])('names the models of its service at %s', async (_, settings, prefix) => {
    const sent = await sentFor({}, settings)
    expect(sent?.body).toMatchObject({ model: `${prefix}seedance-2-0-mini-260615` })
    expect(sent?.url.startsWith(settings.BYTEPLUS_BASE_URL)).toBe(true)
  })

  it.each([
    [{ watermark: 'no' }],
    [{ priority: 10 }],
    [{ safety_identifier: 'x'.repeat(65) }],
    [{ omni_reference_task_type: 'replace' }],
    [{ seed: 7 }],
    [{ frames: 121 }],
    [{ camera_fixed: true }],
    [{ service_tier: 'flex' }],
    [{ draft: true }],
    [{ execution_expires_after: 7_200 }],
    [{ callback_url: 'https://elsewhere.example.com' }],
  ])('cannot have the option %j', (options) => {
    expect(aBytePlus({ json: {} }).provider.options.safeParse(options).success).toBe(false)
  })
})

describe('the checks of BytePlus', () => {
  const { provider } = aBytePlus({ json: {} })
  const reasons = (request: Record<string, unknown>) =>
    provider.refuse(aRequest(request)).map(({ path, message }) => `${path} ${message}`)

  it('refuse a seed, which is documented for older models only', () => {
    expect(reasons({ seed: 7 })).toEqual(['seed cannot be set'])
  })

  it('refuse a data: URI of a video', () => {
    expect(reasons({ reference_videos: ['data:video/mp4;base64,AAAA'] })).toEqual([
      'reference_videos.0 must be an https URL or an asset_… id or an asset:// id',
    ])
  })

  it('know the models and the shape that editing is for', () => {
    const provider_options = { byteplus: { omni_reference_task_type: 'extend' } }
    const edited = { reference_videos: [video], provider_options }
    expect(reasons({ model: 'seedance-2.5', ...edited })).toEqual([])
    expect(reasons({ ...edited, aspect_ratio: '1:1', seed: 7 })).toEqual([
      'seed cannot be set',
      'provider_options.byteplus.omni_reference_task_type can only be used with seedance-2.5',
      'aspect_ratio must be auto to extend a video',
    ])
  })
})

describe('canceling at BytePlus', () => {
  const cancel = async (...replies: Parameters<typeof aBytePlus>) => {
    const { provider, sent } = aBytePlus(...replies)
    const result = await provider.cancel?.(aTask({ provider: 'byteplus' }))
    return { result, methods: sent.map(({ method }) => method) }
  }

  it.each(['succeeded', 'failed', 'expired', 'running', 'cancelled', 'dreaming'])(
    'deletes nothing of a task that is %s',
    async (status) => {
      expect((await cancel({ json: anArkTask({ status }) })).methods).toEqual(['GET'])
    },
  )

  it('asks again whatever the deletion answers: a refused one may show that the task has begun', async () => {
    const queued = { json: anArkTask({ status: 'queued' }) }
    const refusal = aProblem(409, 'InvalidAction')
    const after = { json: anArkTask({ status: 'running' }) }
    for (const deletion of [refusal, new Error('reset')]) {
      expect(await cancel(queued, deletion, after)).toEqual({
        result: { ok: true, value: 'running' },
        methods: ['GET', 'DELETE', 'GET'],
      })
    }
  })

  it('learns nothing from a record that is gone after the deletion', async () => {
    const queued = { json: anArkTask({ status: 'queued' }) }
    const { result } = await cancel(queued, { json: {} }, aProblem(404, 'ResourceNotFound'))
    expect(result).toMatchObject({ ok: false, fault: { code: 'task_lost' } })
  })
})
