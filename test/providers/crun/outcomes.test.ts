import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from '../a-submission.ts'
import { aCrun, aFailure, aSuccess, aTaskInfo, enveloped, videoUrl } from './a-crun.ts'

const check = (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' }))
const listener = aCrun({ json: {} }).provider
const read = (body: unknown) => listener.parseWebhook?.(body) ?? []

const pending = { state: 'pending', finished: [], faults: [] }
const done = { state: 'done', outputs: [{ id: taskId, url: videoUrl }], faults: [] }

describe('a status', () => {
  it.each([
    ['pending', pending],
    ['running', pending],
    ['RUNNING', pending],
    ['Pending', pending],
    ['dreaming', { ...pending, unknownStatus: 'dreaming' }],
    ['', { ...pending, unknownStatus: '' }],
  ])('goes on while the status is "%s"', async (status, outcome) => {
    expect(await check({ json: enveloped(aTaskInfo({ status })) })).toEqual({ ok: true, value: outcome })
  })

  it.each(['success', 'SUCCESS', 'Success'])('is done when the status is %s', async (status) => {
    expect(await check({ json: enveloped(aSuccess({ status })) })).toEqual({
      ok: true,
      value: { ...done, cost: { credits: 38, source: 'provider' } },
    })
  })

  it.each(['failed', 'FAILED'])('has failed when the status is %s', async (status) => {
    expect(await check({ json: enveloped(aFailure({ status })) })).toMatchObject({
      value: {
        state: 'failed',
        fault: { code: 'generation_failed', evidence: { code: 501, message: 'The generation failed.' } },
        cost: { credits: 0, source: 'provider' },
      },
    })
  })

  it.each([
    ['the only one', [videoUrl]],
    ['after its last frame', ['https://files.crun.ai/last.png?x=.mp4', videoUrl]],
    ['before its last frame', [videoUrl, 'https://files.crun.ai/last.JPG']],
    ['beside nonsense', [null, videoUrl]],
  ])('finds the video when it is %s', async (_, media_urls) => {
    expect(await check({ json: enveloped(aSuccess({}, { media_urls })) })).toMatchObject({ value: done })
  })

  it('takes a URL without an extension for the video', async () => {
    const media_urls = ['https://files.crun.ai/last.webp', 'https://files.crun.ai/download?id=7']
    expect(await check({ json: enveloped(aSuccess({}, { media_urls })) })).toMatchObject({
      value: { outputs: [{ url: 'https://files.crun.ai/download?id=7' }] },
    })
  })

  it.each([
    ['no result', { result: null }],
    ['no URLs', { result: { code: 200, message: 'success' } }],
    ['an empty list', { result: { media_urls: [] } }],
    ['an image alone', { result: { media_urls: ['https://files.crun.ai/last.png'] } }],
  ])('waits for the video of a success with %s, and says so', async (_, odd) => {
    expect(await check({ json: enveloped(aSuccess(odd)) })).toEqual({
      ok: true,
      value: { ...pending, withheld: expect.objectContaining({ code: 'unreadable_answer' }) },
    })
  })
})

describe('a webhook', () => {
  it.each([
    ['bare', aSuccess(), done],
    ['enveloped', enveloped(aSuccess()), done],
    ['enveloped without a code', { data: aSuccess() }, done],
    ['with a status in capitals', aSuccess({ status: 'SUCCESS' }), done],
    ['of a failure', aFailure(), { state: 'failed', fault: { code: 'generation_failed' } }],
    ['of a failure, enveloped', { code: 501, message: '…', data: aFailure() }, { state: 'failed' }],
    ['of progress', aTaskInfo(), pending],
    ['of a word that we do not know', aTaskInfo({ status: 'dreaming' }), { unknownStatus: 'dreaming' }],
  ])('is understood %s', (_, body, outcome) => {
    expect(read(body)).toMatchObject([{ providerTaskId: taskId, outcome }])
  })

  it.each([
    [null],
    [[]],
    [{}],
    ['text'],
    [{ code: 200 }],
    [{ data: {} }],
    [{ status: 'success' }],
    [[aSuccess()]],
  ])('says nothing when it is %j', (body) => {
    expect(read(body)).toEqual([])
  })
})

describe('hostile', () => {
  it.each([
    { credits: 'many' },
    { credits: null },
    { credits: undefined },
    { duration_s: 'long' },
    { param: 7 },
    { create_at: 'yesterday' },
    { provider: null },
    { model_version: undefined },
    { source: 5 },
    { surprise: {} },
    { result: { code: '200', message: 7, media_urls: [videoUrl], usage: 'much' } },
    { result: { media_urls: [videoUrl] } },
  ])('does not lose a video over %j', async (odd) => {
    expect(await check({ json: enveloped(aSuccess(odd)) })).toMatchObject({ value: done })
    expect(read(aSuccess(odd))).toMatchObject([{ outcome: done }])
  })

  it.each([{ result: null }, { result: 'no' }, { result: { code: '501', message: 7 } }, { credits: 'none' }])(
    'does not lose a failure over %j',
    async (odd) => {
      expect(await check({ json: enveloped(aFailure(odd)) })).toMatchObject({ value: { state: 'failed' } })
      expect(read(aFailure(odd))).toMatchObject([{ outcome: { state: 'failed' } }])
    },
  )

  it('asks again when a success names no task', async () => {
    for (const data of [null, {}, { task_id: taskId }, 'text']) {
      expect(await check({ json: enveloped(data) })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    }
  })
})
