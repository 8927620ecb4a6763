import { describe, expect, it } from 'vitest'
import { aTask, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from './a-runware.ts'

const processing = anItem({ status: 'processing' })
const { provider: listener } = aRunware({ json: {} })
const read = (body: unknown) => listener.parseWebhook?.(body) ?? []

/** How a task of so many results stands when the status answer holds these. */
async function outcome(wanted: number, data: unknown[], errors?: unknown[]) {
  const { provider } = aRunware({ json: { data, ...(errors && { errors }) } })
  const checked = await provider.getStatus(aTask({ wanted }))
  if (!checked.ok) throw new Error(checked.fault.message)
  return checked.value
}

const failed = { code: 'generation_failed' }

describe('a status', () => {
  it.each([
    ['processing', processing, {}],
    ['processing with progress', anItem({ status: 'processing', progress: 40 }), { progress: 40 }],
    ['pending, its older name', anItem({ status: 'pending' }), {}],
    ['none, as in the acknowledgement', anItem(), {}],
    ['a word that we do not know', anItem({ status: 'dreaming' }), { unknownStatus: 'dreaming' }],
  ])('goes on while it is %s', async (_, item, more) => {
    expect(await outcome(1, [item])).toEqual({ state: 'pending', finished: [], faults: [], ...more })
  })

  it('goes on while it is success whose video is missing, and says why', async () => {
    expect(await outcome(1, [anItem({ status: 'success' })])).toEqual({
      state: 'pending',
      finished: [],
      faults: [],
      withheld: expect.objectContaining({ code: 'unreadable_answer' }),
    })
  })

  it.each(['providerError', 'inferenceError', 'downloadFailed', 'unheardOf'])(
    'has failed for good with the code %s',
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
  ])('was moderated when it says %s: %s', async (code, message) => {
    expect(await outcome(1, [], [aFailedItem({ code, message })])).toMatchObject({
      state: 'failed',
      fault: { code: 'moderated', evidence: { code, message } },
    })
  })

  it('has failed too when the error stands among the results', async () => {
    const item = anItem({ status: 'error', error: { code: 'providerError', message: 'No.' } })
    expect(await outcome(1, [item])).toMatchObject({ state: 'failed', fault: failed })
  })
})

describe('several results', () => {
  it.each([
    ['all are running', [processing], undefined, [], 0],
    ['one has come', [aSuccess(1)], undefined, [1], 0],
    ['one has come and one is running', [aSuccess(1), processing], undefined, [1], 0],
    ['the first to end has failed', [], [aFailedItem()], [], 1],
    ['one has failed, one is running', [processing], [aFailedItem()], [], 1],
    ['one of each, and one is running', [aSuccess(1), processing], [aFailedItem()], [1], 1],
    ['one of each, and one is not spoken of', [aSuccess(1)], [aFailedItem()], [1], 1],
    ['two have failed', [], [aFailedItem(), aFailedItem()], [], 2],
  ])('waits for the third when %s', async (_, data, errors, finished, faults) => {
    const standing = await outcome(3, data, errors)
    expect(standing).toMatchObject({ state: 'pending', finished: finished.map(anOutput) })
    expect(standing.state === 'pending' && standing.faults).toHaveLength(faults)
  })

  it('is done when all have come', async () => {
    expect(await outcome(3, [aSuccess(1), aSuccess(2), aSuccess(3)])).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2), anOutput(3)],
      faults: [],
    })
  })

  it('keeps what has come when the others failed', async () => {
    expect(
      await outcome(3, [aSuccess(2)], [aFailedItem(), aFailedItem({ code: 'promptBlocked' })]),
    ).toMatchObject({
      state: 'done',
      outputs: [anOutput(2)],
      faults: [failed, { code: 'moderated' }],
    })
  })

  it('has failed when all have', async () => {
    expect(await outcome(2, [], [aFailedItem(), aFailedItem()])).toMatchObject({
      state: 'failed',
      fault: failed,
    })
  })
})

describe('a webhook', () => {
  const done = [
    { providerTaskId: taskId, outcome: expect.objectContaining({ state: 'done', outputs: [anOutput()] }) },
  ]
  const bad = [{ providerTaskId: taskId, outcome: expect.objectContaining({ state: 'failed' }) }]
  const pending = [{ providerTaskId: taskId, outcome: expect.objectContaining({ state: 'pending' }) }]

  it.each([
    ['flat', aSuccess(), done],
    ['an array', [aSuccess()], done],
    ['data', { data: [aSuccess()] }, done],
    ['data and no errors', { data: [aSuccess()], errors: [] }, done],
    ['errors', { errors: [aFailedItem()] }, bad],
    ['errors without a status', { errors: [anItem({ code: 'providerError', message: '…' })] }, bad],
    ['a flat error', aFailedItem(), bad],
    ['an array of errors', [aFailedItem()], bad],
    ['both', { data: [aSuccess()], errors: [aFailedItem()] }, [...done, ...bad]],
    ['one error', { error: { code: 'providerError', message: '…' }, taskUUID: taskId }, bad],
    ['several results', [aSuccess(), aSuccess()], [...done, ...done]],
    ['progress', processing, pending],
    ['progress in data', { data: [anItem({ status: 'processing', progress: 50 })] }, pending],
  ])('is understood as %s', (_, body, items) => {
    expect(read(body)).toEqual(items)
  })

  it.each([
    [null],
    [[]],
    [{}],
    ['text'],
    [{ data: [] }],
    [{ data: [{ status: 'success' }] }],
    [[[aSuccess()]]],
  ])('says nothing when it is %j', (body) => {
    expect(read(body)).toEqual([])
  })
})

describe('hostile', () => {
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
  ])('does not lose a video over %j', async (odd) => {
    const { id: __, ...rest } = anOutput()
    expect(await outcome(1, [aSuccess(1, odd)])).toMatchObject({ state: 'done', outputs: [rest] })
    expect(read(aSuccess(1, odd))).toMatchObject([{ outcome: { state: 'done', outputs: [rest] } }])
  })

  it.each([
    { message: { text: 'no' } },
    { message: undefined },
    { code: 500 },
    { code: undefined },
    { parameter: { name: 'x' } },
    { error: 'blocked' },
    { status: 5 },
  ])('does not lose a failure over %j', async (odd) => {
    expect(await outcome(1, [], [aFailedItem(odd)])).toMatchObject({ state: 'failed' })
    expect(read({ errors: [aFailedItem(odd)] })).toMatchObject([{ outcome: { state: 'failed' } }])
  })

  it('keeps the other results when one is nonsense', async () => {
    expect(await outcome(2, [null, 5, 'text', [], aSuccess(1), aSuccess(2)])).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2)],
    })
  })

  it.each([-5, 101, 1e308])('does not tell a progress of %d', async (progress) => {
    const { progress: told = 0 } = (await outcome(1, [anItem({ status: 'processing', progress })])) as {
      progress?: number
    }
    expect(told >= 0 && told <= 100).toBe(true)
  })
})
