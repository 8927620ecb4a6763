import { describe, expect, it } from 'vitest'
import { aRunwareTask, aSimulator } from './a-simulator.ts'

const image = 'https://m.example.test/a.png'
const frames = { width: undefined, height: undefined, inputs: { frameImages: [image] } }

describe('refused', () => {
  const link = 'https://m.example.test/a'
  it.each([
    ['missingModel', 'model', { model: undefined }],
    ['invalidModel', 'model', { model: 'bytedance:seedance@9' }],
    ['invalidTaskUUID', 'taskUUID', { taskUUID: 'one' }],
    ['missingTaskType', 'taskType', { taskType: undefined }],
    ['invalidTaskType', 'taskType', { taskType: 'imageInference' }],
    ['invalidPositivePrompt', 'positivePrompt', { positivePrompt: 'a' }],
    ['invalidPositivePrompt', 'positivePrompt', { positivePrompt: 'a'.repeat(10_001) }],
    ['invalidDuration', 'duration', { duration: 3 }],
    ['invalidDuration', 'duration', { duration: 16 }],
    ['invalidDuration', 'duration', { duration: 4.5 }],
    ['invalidDuration', 'duration', { duration: '5' }],
    ['invalidNumberResults', 'numberResults', { numberResults: 5 }],
    ['invalidOutputType', 'outputType', { outputType: 'dataURI' }],
    ['invalidOutputFormat', 'outputFormat', { outputFormat: 'GIF' }],
    ['invalidOutputQuality', 'outputQuality', { outputQuality: 100 }],
    ['invalidDeliveryMethod', 'deliveryMethod', { deliveryMethod: 'sync' }],
    ['invalidWebhookURL', 'webhookURL', { webhookURL: 'nowhere' }],
    ['invalidTtl', 'ttl', { ttl: 59 }],
    ['invalidUploadEndpoint', 'uploadEndpoint', { uploadEndpoint: 'nowhere' }],
    [
      'conflictUploadEndpoint',
      ['uploadEndpoint', 'numberResults'],
      { uploadEndpoint: link, numberResults: 2 },
    ],
    ['invalidMode', 'safety.mode', { safety: { mode: 'some' } }],
    ['invalidAudio', 'settings.audio', { settings: { audio: 'yes' } }],
    ['unsupportedParameter', 'seed', { seed: 7 }],
    ['unsupportedParameter', 'settings.loud', { settings: { loud: true } }],
    ['unsupportedParameter', 'inputs.image', { inputs: { image: link } }],
    ['missingDimensionParameters', ['width', 'height'], { width: undefined, height: undefined }],
    ['missingDimensionParameters', ['width', 'height'], { height: undefined }],
    ['unsupportedDimensions', ['width', 'height'], { width: 865 }],
    ['unsupportedDimensions', ['width', 'height'], { width: 1920, height: 1080 }],
    ['conflictResolution', 'resolution', { resolution: '480p' }],
    ['unsupportedResolution', 'resolution', { width: undefined, height: undefined, resolution: '480p' }],
    ['unsupportedResolution', 'resolution', { ...frames, resolution: '1080p' }],
    ['invalidFrameImages', 'inputs.frameImages', { inputs: { frameImages: [] } }],
    ['invalidFrameImages', 'inputs.frameImages', { inputs: { frameImages: [image, image, image] } }],
    ['invalidFrameImages', 'inputs.frameImages', { inputs: { frameImages: [{ image, frame: 'middle' }] } }],
    [
      'invalidReferenceImages',
      'inputs.referenceImages',
      { inputs: { referenceImages: Array(10).fill(image) } },
    ],
    [
      'invalidReferenceVideos',
      'inputs.referenceVideos',
      { inputs: { referenceVideos: Array(4).fill(link) } },
    ],
    [
      'invalidReferenceVideos',
      'inputs.referenceVideos.0',
      { inputs: { referenceVideos: ['data:video/mp4;base64,AAAA'] } },
    ],
    [
      'invalidReferenceAudios',
      'inputs.referenceAudios.0',
      { inputs: { referenceAudios: ['data:audio/mpeg;base64,AAAA'] } },
    ],
    [
      'conflictInputs',
      ['inputs.frameImages', 'inputs.referenceImages'],
      { inputs: { frameImages: [image], referenceImages: [image] } },
    ],
  ])('returns %s for the parameter %s', async (code, parameter, overrides) => {
    const { runware, simulator } = aSimulator()
    const { status, body } = await runware(aRunwareTask(overrides))
    expect(status).toBe(400)
    expect(body.data).toEqual([])
    expect(body.errors).toContainEqual(
      expect.objectContaining({
        code,
        parameter,
        message: expect.any(String),
        documentation: expect.any(String),
      }),
    )
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('repeats the task type and id in the error', async () => {
    const { runware } = aSimulator()
    const task = aRunwareTask({ duration: 99 })
    const { taskType, taskUUID } = task
    expect((await runware(task)).body.errors[0]).toMatchObject({ taskType, taskUUID })
  })

  it.each([
    ['missingApiKey', undefined],
    ['invalidApiKey', 'Bearer other-key'],
  ])('returns %s', async (code, authorization) => {
    const { get } = aSimulator()
    const response = await get('https://simulator.example.test/runware/v1', {
      method: 'POST',
      ...(authorization !== undefined && { headers: { authorization } }),
      body: JSON.stringify([aRunwareTask()]),
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ data: [], errors: [{ code }] })
  })

  it.each(['not JSON', '{}', '[]', '"text"'])(
    'refuses a body that is not a JSON array of tasks: %s',
    async (body) => {
      const { get } = aSimulator()
      const headers = { authorization: 'Bearer runware-key' }
      const response = await get('https://simulator.example.test/runware/v1', {
        method: 'POST',
        headers,
        body,
      })
      expect(response.status).toBe(400)
    },
  )

  it('never runs the same taskUUID twice', async () => {
    const { runware, simulator } = aSimulator()
    const task = aRunwareTask()
    const responses = await Promise.all([runware(task), runware(task)])
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 400])
    expect(responses.find(({ status }) => status === 400)?.body.errors[0].code).toBe('conflictTaskUUID')
    expect(simulator.tasks()).toHaveLength(1)
  })

  it('returns 404 for an unknown task', async () => {
    const { status, body } = await aSimulator().getStatus(crypto.randomUUID())
    expect(status).toBe(404)
    expect(body).toMatchObject({ data: [], errors: [{ code: 'taskNotFound' }] })
  })

  it('returns data and errors for a batch that succeeded in part', async () => {
    const { runware } = aSimulator()
    const { status, body } = await runware(aRunwareTask(), aRunwareTask({ duration: 99 }))
    expect(status).toBe(200)
    expect(body.data).toHaveLength(1)
    expect(body.errors).toHaveLength(1)
  })
})
