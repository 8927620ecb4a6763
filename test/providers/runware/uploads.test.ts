/** Direct upload by Runware: the request, and the responses without a video URL. */
import { describe, expect, it } from 'vitest'
import { allProviders } from '../../../src/providers/index.ts'
import { aNetwork, aRequest, aSubmission, aTask, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess, createRunware } from './a-runware.ts'

const uploadUrl = 'https://reelhook.example.com/uploads/job_1/0/token'
const { videoURL: _, ...unlinked } = aSuccess()

function anAccount(uploads: boolean) {
  return createRunware(aNetwork({ json: {} }).fetch, { RUNWARE_UPLOADS: uploads ? 'on' : 'off' })
}

function aRequestThat(directUpload?: boolean) {
  return aRequest(directUpload === undefined ? {} : { provider_options: { runware: { directUpload } } })
}

describe('direct upload by Runware', () => {
  it.each([
    ['off', undefined, false],
    ['off', true, true],
    ['on', undefined, true],
    ['on', false, false],
  ] as const)('with the setting %s and the option %s is used: %s', (setting, directUpload, isUploaded) => {
    const provider = anAccount(setting === 'on')
    expect(provider.putsVideo?.(aRequestThat(directUpload))).toBe(isUploaded)
    expect(provider.outputsPerTask?.(aRequestThat(directUpload))).toBe(isUploaded ? 1 : 4)
  })

  it('is off by default', () => {
    expect(aRunware({ json: {} }).provider.putsVideo?.(aRequest())).toBe(false)
  })

  it('is not offered by other providers', () => {
    const putting = allProviders().filter(({ putsVideo }) => putsVideo !== undefined)
    expect(putting.map(({ name }) => name)).toEqual(['runware'])
  })

  it('takes true or false, and no URL', () => {
    const { options } = anAccount(true)
    expect(options.safeParse({ directUpload: 'yes' }).success).toBe(false)
    expect(options.safeParse({ uploadEndpoint: uploadUrl }).success).toBe(false)
  })
})

describe('a request to Runware', () => {
  it('names the upload URL of its one video', async () => {
    const { provider, sent } = aRunware({ json: {} })
    await provider.submit({ ...aSubmission(), uploadUrl })
    expect(sent[0]?.body).toMatchObject([{ uploadEndpoint: uploadUrl, numberResults: 1 }])
  })

  it.each([true, false])('does not contain the option directUpload: %s', async (directUpload) => {
    const { provider, sent } = aRunware({ json: {} })
    await provider.submit(aSubmission({ provider_options: { runware: { directUpload } } }))
    await provider.estimate?.(aRequestThat(directUpload))
    for (const { body } of sent) expect(JSON.stringify(body)).not.toMatch(/directUpload|uploadEndpoint/)
    expect(sent).toHaveLength(2)
  })
})

describe('a finished Runware result without a URL', () => {
  const poll = (items: unknown[], awaitsUpload: boolean) =>
    aRunware({ json: { data: items } }).provider.getStatus(aTask({ awaitsUpload }))

  it('is an output if the video is uploaded', async () => {
    expect(await poll([unlinked], true)).toMatchObject({
      value: { state: 'done', outputs: [{ id: 'video-1', url: null }], cost: { amount_usd: 0.18 } },
    })
  })

  it('is no output if the video is to be downloaded', async () => {
    expect(await poll([unlinked], false)).toMatchObject({ value: { state: 'pending', finished: [] } })
  })

  it('is no output before it succeeds', async () => {
    for (const status of ['processing', 'reticulating', undefined]) {
      expect(await poll([anItem({ status })], true)).toMatchObject({ value: { state: 'pending' } })
    }
  })

  it('has the id of its task if it has none', async () => {
    expect(await poll([anItem({ status: 'success' })], true)).toMatchObject({
      value: { state: 'done', outputs: [{ id: taskId, url: null }] },
    })
  })

  it('is read as usual if it has a URL', async () => {
    expect(await poll([aSuccess()], true)).toMatchObject({ value: { state: 'done', outputs: [anOutput()] } })
  })

  it('is a failure if it is an error', async () => {
    expect(await poll([aFailedItem()], true)).toMatchObject({ value: { state: 'failed' } })
  })

  it('is an output in a webhook only if the video of its task is uploaded', () => {
    const { provider } = aRunware({ json: {} })
    const itemsOf = (providerTaskId: string) =>
      provider.parseWebhook?.(unlinked, [{ providerTaskId, awaitsUpload: true, model: 'seedance-2.0-mini' }])
    expect(itemsOf(taskId)).toMatchObject([{ providerTaskId: taskId, outcome: { state: 'done' } }])
    expect(itemsOf('another')).toMatchObject([{ providerTaskId: taskId, outcome: { state: 'pending' } }])
    expect(provider.parseWebhook?.(unlinked)).toMatchObject([{ outcome: { state: 'pending' } }])
  })
})
