import { describe, expect, it } from 'vitest'
import { aTask, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from './a-runware.ts'

const processing = anItem({ status: 'processing' })
const { parseWebhook } = aRunware({ json: {} }).provider
const parse = (body: unknown) => parseWebhook?.(body) ?? []

/** The outcome of a task with `wanted` results, from a status response with these items. */
async function outcome(wanted: number, data: unknown[], errors?: unknown[]) {
  const { provider } = aRunware({ json: { data, ...(errors && { errors }) } })
  const status = await provider.getStatus(aTask({ wanted }))
  if (!status.ok) throw new Error(status.fault.message)
  return status.value
}

const failed = { code: 'generation_failed' }

describe('a status of Runware', () => {
  it.each([
    ['processing', processing, {}],
    ['processing with progress', anItem({ status: 'processing', progress: 40 }), { progress: 40 }],
    ['pending, the older word', anItem({ status: 'pending' }), {}],
    ['none, as in the acknowledgement', anItem(), {}],
    ['an unknown word', anItem({ status: 'dreaming' }), { unknownStatus: 'dreaming' }],
  ])('is pending if the word is %s', async (_, item, more) => {
    expect(await outcome(1, [item])).toEqual({ state: 'pending', finished: [], faults: [], ...more })
  })

  it('is pending and reports a missing video for a success without a video', async () => {
    expect(await outcome(1, [anItem({ status: 'success' })])).toEqual({
      state: 'pending',
      finished: [],
      faults: [],
      withheld: expect.objectContaining({ code: 'unreadable_answer' }),
    })
  })

  it.each(['providerError', 'inferenceError', 'downloadFailed', 'undocumented'])(
    'is failed for good with the code %s',
    async (code) => {
      expect(await outcome(1, [], [aFailedItem({ code })])).toMatchObject({
        state: 'failed',
        fault: { ...failed, message: `Runware could not make the video (${code}).` },
      })
    },
  )

  it.each([
    ['nsfwContentDetected', '…'],
    ['providerError', 'Output failed inspection'],
    ['providerError', 'Input may contain sensitive information'],
    ['inferenceError', 'This violates the content policy'],
  ])('is moderated with the code %s and the message: %s', async (code, message) => {
    expect(await outcome(1, [], [aFailedItem({ code, message })])).toMatchObject({
      state: 'failed',
      fault: { code: 'moderated', evidence: { code, message } },
    })
  })

  it('is failed if the error is among the results', async () => {
    const item = anItem({ status: 'error', error: { code: 'providerError', message: 'No.' } })
    expect(await outcome(1, [item])).toMatchObject({ state: 'failed', fault: failed })
  })
})

describe('a Runware task of several results', () => {
  it.each([
    ['all are running', [processing], undefined, [], 0],
    ['one has finished', [aSuccess(1)], undefined, [1], 0],
    ['one has finished and one is running', [aSuccess(1), processing], undefined, [1], 0],
    ['the first to end has failed', [], [aFailedItem()], [], 1],
    ['one has failed, one is running', [processing], [aFailedItem()], [], 1],
    ['one has finished, one has failed, one is running', [aSuccess(1), processing], [aFailedItem()], [1], 1],
    ['one has finished, one has failed, one is not mentioned', [aSuccess(1)], [aFailedItem()], [1], 1],
    ['two have failed', [], [aFailedItem(), aFailedItem()], [], 2],
  ])('of three is pending if %s', async (_, data, errors, finished, faults) => {
    const status = await outcome(3, data, errors)
    expect(status).toMatchObject({ state: 'pending', finished: finished.map(anOutput) })
    expect(status.state === 'pending' && status.faults).toHaveLength(faults)
  })

  it('is done when all have finished', async () => {
    expect(await outcome(3, [aSuccess(1), aSuccess(2), aSuccess(3)])).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2), anOutput(3)],
      faults: [],
    })
  })

  it('is done with the finished results if the others failed', async () => {
    expect(
      await outcome(3, [aSuccess(2)], [aFailedItem(), aFailedItem({ code: 'promptBlocked' })]),
    ).toMatchObject({
      state: 'done',
      outputs: [anOutput(2)],
      faults: [failed, { code: 'moderated' }],
    })
  })

  it('is failed when all have failed', async () => {
    expect(await outcome(2, [], [aFailedItem(), aFailedItem()])).toMatchObject({
      state: 'failed',
      fault: failed,
    })
  })
})

describe('a webhook of Runware', () => {
  const done = [
    { providerTaskId: taskId, outcome: expect.objectContaining({ state: 'done', outputs: [anOutput()] }) },
  ]
  const failedItem = [{ providerTaskId: taskId, outcome: expect.objectContaining({ state: 'failed' }) }]
  const pending = [{ providerTaskId: taskId, outcome: expect.objectContaining({ state: 'pending' }) }]

  it.each([
    ['flat', aSuccess(), done],
    ['an array', [aSuccess()], done],
    ['data', { data: [aSuccess()] }, done],
    ['data and no errors', { data: [aSuccess()], errors: [] }, done],
    ['errors', { errors: [aFailedItem()] }, failedItem],
    ['errors without a status', { errors: [anItem({ code: 'providerError', message: '…' })] }, failedItem],
    ['a flat error', aFailedItem(), failedItem],
    ['an array of errors', [aFailedItem()], failedItem],
    ['both', { data: [aSuccess()], errors: [aFailedItem()] }, [...done, ...failedItem]],
    ['one error', { error: { code: 'providerError', message: '…' }, taskUUID: taskId }, failedItem],
    ['several results', [aSuccess(), aSuccess()], [...done, ...done]],
    ['progress', processing, pending],
    ['progress in data', { data: [anItem({ status: 'processing', progress: 50 })] }, pending],
  ])('is parsed as %s', (_, body, items) => {
    expect(parse(body)).toEqual(items)
  })

  it.each([
    [null],
    [[]],
    [{}],
    ['text'],
    [{ data: [] }],
    [{ data: [{ status: 'success' }] }],
    [[[aSuccess()]]],
  ])('has no items if it is %j', (body) => {
    expect(parse(body)).toEqual([])
  })
})

describe('a malformed response of Runware', () => {
  it.each([
    { seed: 'seven' },
    { cost: 'cheap' },
    { cost: null },
    { progress: 'all of it' },
    { NSFWContent: 'no' },
    { message: { text: 'well done' } },
    { parameter: 5 },
    { documentation: 5 },
    { videoUUID: 7 },
    { videoUUID: undefined },
    { error: null },
    { createdAt: {} },
  ])('still has its video with %j', async (odd) => {
    const { id: __, ...rest } = anOutput()
    expect(await outcome(1, [aSuccess(1, odd)])).toMatchObject({ state: 'done', outputs: [rest] })
    expect(parse(aSuccess(1, odd))).toMatchObject([{ outcome: { state: 'done', outputs: [rest] } }])
  })

  it.each([
    { message: { text: 'no' } },
    { message: undefined },
    { code: 500 },
    { code: undefined },
    { parameter: { name: 'x' } },
    { error: 'blocked' },
    { status: 5 },
  ])('still has its failure with %j', async (odd) => {
    expect(await outcome(1, [], [aFailedItem(odd)])).toMatchObject({ state: 'failed' })
    expect(parse({ errors: [aFailedItem(odd)] })).toMatchObject([{ outcome: { state: 'failed' } }])
  })

  it('still has the other results if one item is invalid', async () => {
    expect(await outcome(2, [null, 5, 'text', [], aSuccess(1), aSuccess(2)])).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2)],
    })
  })

  it.each([-5, 101, 1e308])('has a progress from 0 to 100 instead of %d', async (progress) => {
    const status = await outcome(1, [anItem({ status: 'processing', progress })])
    const reported = status.state === 'pending' ? (status.progress ?? 0) : -1
    expect(reported >= 0 && reported <= 100).toBe(true)
  })
})
