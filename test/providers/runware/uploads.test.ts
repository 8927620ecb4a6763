/** Runware where it uploads its videos: what it is asked for then, and what its answers may leave out. */
import { describe, expect, it } from 'vitest'
import { createProviders } from '../../../src/providers/index.ts'
import { runware } from '../../../src/providers/runware/index.ts'
import { aNetwork, aRequest, aSubmission, aTask, now, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from './a-runware.ts'

const uploadUrl = 'https://reelhook.example.com/uploads/job_1/0/token'
const { videoURL: _, ...unlinked } = aSuccess()

function anAccount(uploads: boolean) {
  const account = { apiKey: 'rw-secret', baseUrl: 'https://api.runware.ai/v1', uploads }
  return runware(account, aNetwork({ json: {} }).fetch, now)
}

function aRequestThat(directUpload?: boolean) {
  return aRequest(directUpload === undefined ? {} : { provider_options: { runware: { directUpload } } })
}

describe('whether Runware uploads', () => {
  it.each([
    ['off', undefined, false],
    ['off', true, true],
    ['on', undefined, true],
    ['on', false, false],
  ] as const)('where it is %s, and the request says %s: %s', (setting, directUpload, isUploaded) => {
    const provider = anAccount(setting === 'on')
    expect(provider.putsVideo?.(aRequestThat(directUpload))).toBe(isUploaded)
    expect(provider.outputsPerTask?.(aRequestThat(directUpload))).toBe(isUploaded ? 1 : 4)
  })

  it('is off where no setting says so', () => {
    expect(aRunware({ json: {} }).provider.putsVideo?.(aRequest())).toBe(false)
  })

  it('nobody else does', () => {
    const nobody = { apiKey: '', apiSecret: '', baseUrl: '' }
    const accounts = { crun: nobody, scenario: nobody, aimlapi: nobody }
    const others = createProviders(accounts, aNetwork({ json: {} }).fetch, now, async () => null)
    expect(Object.values(others).map(({ putsVideo }) => putsVideo)).toEqual([undefined, undefined, undefined])
  })

  it('is a yes or a no', () => {
    const { options } = anAccount(true)
    expect(options.safeParse({ directUpload: 'yes' }).success).toBe(false)
    expect(options.safeParse({ uploadEndpoint: uploadUrl }).success).toBe(false)
  })
})

describe('what Runware is sent', () => {
  it('names where its one video goes', async () => {
    const { provider, sent } = aRunware({ json: {} })
    await provider.submit({ ...aSubmission(), uploadUrl })
    expect(sent[0]?.body).toMatchObject([{ uploadEndpoint: uploadUrl, numberResults: 1 }])
  })

  it.each([true, false])('does not say how the request has it: %s', async (directUpload) => {
    const { provider, sent } = aRunware({ json: {} })
    await provider.submit(aSubmission({ provider_options: { runware: { directUpload } } }))
    await provider.estimate?.(aRequestThat(directUpload))
    for (const { body } of sent) expect(JSON.stringify(body)).not.toMatch(/directUpload|uploadEndpoint/)
    expect(sent).toHaveLength(2)
  })
})

describe('an end without a link', () => {
  const check = (items: unknown[], awaitsUpload: boolean) =>
    aRunware({ json: { data: items } }).provider.getStatus(aTask({ awaitsUpload }))

  it('is one where the video is uploaded', async () => {
    expect(await check([unlinked], true)).toMatchObject({
      value: { state: 'done', outputs: [{ id: 'video-1', url: null }], cost: { amount_usd: 0.18 } },
    })
  })

  it('is none where it is to be downloaded', async () => {
    expect(await check([unlinked], false)).toMatchObject({ value: { state: 'pending', finished: [] } })
  })

  it('is none before it is told', async () => {
    for (const status of ['processing', 'reticulating', undefined]) {
      expect(await check([anItem({ status })], true)).toMatchObject({ value: { state: 'pending' } })
    }
  })

  it('is named after its task, where it has no name', async () => {
    expect(await check([anItem({ status: 'success' })], true)).toMatchObject({
      value: { state: 'done', outputs: [{ id: taskId, url: null }] },
    })
  })

  it('is read as ever where it has a link', async () => {
    expect(await check([aSuccess()], true)).toMatchObject({ value: { state: 'done', outputs: [anOutput()] } })
  })

  it('is not a failure told as an error', async () => {
    expect(await check([aFailedItem()], true)).toMatchObject({ value: { state: 'failed' } })
  })

  it('is heard from a webhook of a task whose video is uploaded, and of no other', () => {
    const { provider } = aRunware({ json: {} })
    const heard = (providerTaskId: string) =>
      provider.parseWebhook?.(unlinked, [{ providerTaskId, awaitsUpload: true }])
    expect(heard(taskId)).toMatchObject([{ providerTaskId: taskId, outcome: { state: 'done' } }])
    expect(heard('another')).toMatchObject([{ providerTaskId: taskId, outcome: { state: 'pending' } }])
    expect(provider.parseWebhook?.(unlinked)).toMatchObject([{ outcome: { state: 'pending' } }])
  })
})
