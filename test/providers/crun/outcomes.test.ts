import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from '../a-submission.ts'
import { aCrun, aFailure, aSuccess, aTaskInfo, enveloped, videoUrl } from './a-crun.ts'

const poll = (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' }))
const { parseWebhook } = aCrun({ json: {} }).provider
const parse = (body: unknown) => parseWebhook?.(body) ?? []

const pending = { state: 'pending', finished: [], faults: [] }
const done = { state: 'done', outputs: [{ id: taskId, url: videoUrl }], faults: [] }

describe('a status of Crun', () => {
  it.each([
    ['pending', pending],
    ['running', pending],
    ['RUNNING', pending],
    ['Pending', pending],
    ['dreaming', { ...pending, unknownStatus: 'dreaming' }],
    ['', { ...pending, unknownStatus: '' }],
  ])('is pending with the word "%s"', async (status, outcome) => {
    expect(await poll({ json: enveloped(aTaskInfo({ status })) })).toEqual({ ok: true, value: outcome })
  })

  it.each(['success', 'SUCCESS', 'Success'])('is done with the word %s', async (status) => {
    expect(await poll({ json: enveloped(aSuccess({ status })) })).toEqual({
      ok: true,
      value: { ...done, cost: { credits: 38, source: 'provider' } },
    })
  })

  it.each(['failed', 'FAILED'])('is failed with the word %s', async (status) => {
    expect(await poll({ json: enveloped(aFailure({ status })) })).toMatchObject({
      value: {
        state: 'failed',
        fault: { code: 'generation_failed', evidence: { code: 501, message: 'The generation failed.' } },
        cost: { credits: 0, source: 'provider' },
      },
    })
  })

  it.each([
    ['the only file', [videoUrl]],
    ['after its last frame', ['https://files.crun.ai/last.png?x=.mp4', videoUrl]],
    ['before its last frame', [videoUrl, 'https://files.crun.ai/last.JPG']],
    ['beside an invalid entry', [null, videoUrl]],
  ])('has the video if it is %s', async (_, media_urls) => {
    expect(await poll({ json: enveloped(aSuccess({}, { media_urls })) })).toMatchObject({ value: done })
  })

  it('treats a URL without an extension as the video', async () => {
    const media_urls = ['https://files.crun.ai/last.webp', 'https://files.crun.ai/download?id=7']
    expect(await poll({ json: enveloped(aSuccess({}, { media_urls })) })).toMatchObject({
      value: { outputs: [{ url: 'https://files.crun.ai/download?id=7' }] },
    })
  })

  it.each([
    ['no result', { result: null }],
    ['no URLs', { result: { code: 200, message: 'success' } }],
    ['an empty list', { result: { media_urls: [] } }],
    ['only an image', { result: { media_urls: ['https://files.crun.ai/last.png'] } }],
  ])('is pending and reports a missing video for a success with %s', async (_, overrides) => {
    expect(await poll({ json: enveloped(aSuccess(overrides)) })).toEqual({
      ok: true,
      value: { ...pending, withheld: expect.objectContaining({ code: 'unreadable_answer' }) },
    })
  })
})

describe('a webhook of Crun', () => {
  it.each([
    ['bare', aSuccess(), done],
    ['in an envelope', enveloped(aSuccess()), done],
    ['in an envelope without a code', { data: aSuccess() }, done],
    ['with a status in capitals', aSuccess({ status: 'SUCCESS' }), done],
    ['of a failure', aFailure(), { state: 'failed', fault: { code: 'generation_failed' } }],
    ['of a failure in an envelope', { code: 501, message: '…', data: aFailure() }, { state: 'failed' }],
    ['of progress', aTaskInfo(), pending],
    ['with an unknown word', aTaskInfo({ status: 'dreaming' }), { unknownStatus: 'dreaming' }],
  ])('is parsed %s', (_, body, outcome) => {
    expect(parse(body)).toMatchObject([{ providerTaskId: taskId, outcome }])
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
  ])('has no items if it is %j', (body) => {
    expect(parse(body)).toEqual([])
  })
})

describe('a malformed response of Crun', () => {
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
  ])('still has its video with %j', async (odd) => {
    expect(await poll({ json: enveloped(aSuccess(odd)) })).toMatchObject({ value: done })
    expect(parse(aSuccess(odd))).toMatchObject([{ outcome: done }])
  })

  it.each([{ result: null }, { result: 'no' }, { result: { code: '501', message: 7 } }, { credits: 'none' }])(
    'still has its failure with %j',
    async (odd) => {
      expect(await poll({ json: enveloped(aFailure(odd)) })).toMatchObject({ value: { state: 'failed' } })
      expect(parse(aFailure(odd))).toMatchObject([{ outcome: { state: 'failed' } }])
    },
  )

  it('is retryable if a success has no task', async () => {
    for (const data of [null, {}, { task_id: taskId }, 'text']) {
      expect(await poll({ json: enveloped(data) })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    }
  })
})
