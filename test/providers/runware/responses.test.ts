import { describe, expect, it } from 'vitest'
import { aLostSubmission, aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess, conflict } from './a-runware.ts'

const submit = (reply: Reply) => aRunware(reply).provider.submit(aSubmission())
const poll = (reply: Reply, wanted = 1) => aRunware(reply).provider.getStatus(aTask({ wanted }))
const find = (reply: Reply) => aRunware(reply).provider.findSubmission?.(aLostSubmission())

const submitted = { ok: true, value: { providerTaskId: taskId } }
const processing = anItem({ status: 'processing' })

describe('the response to a submission at Runware', () => {
  it.each([
    ['in data, as documented', { data: [anItem()] }],
    ['as a bare array', [anItem()]],
    ['with unknown fields', { data: [{ ...anItem(), position: 3 }], requestId: 'r' }],
    ['processing already', { data: [processing] }],
  ])('accepts the task %s', async (_, json) => {
    expect(await submit({ json })).toEqual(submitted)
  })

  it.each([
    ['in errors', 400, { data: [], errors: [{ ...conflict, taskUUID: taskId }] }],
    ['in errors without its task', 409, { errors: [conflict] }],
    ['in error', 400, { error: conflict, taskUUID: taskId }],
    ['in error without its task', 400, { error: conflict }],
    ['with a message that is no string', 400, { errors: [{ ...conflict, message: ['in use'] }] }],
  ])('is a success for a conflict %s, since the earlier attempt arrived', async (_, status, json) => {
    expect(await submit({ status, json })).toEqual(submitted)
  })

  it('leaves the outcome unknown if it is about another task', async () => {
    expect(await submit({ json: { data: [anItem({ taskUUID: 'another' })] } })).toMatchObject({
      fault: { code: 'answer_lost' },
    })
  })

  it.each([
    [400, 'missingDimensionParameters', 'bad_request'],
    [400, 'invalidPositivePrompt', 'bad_request'],
    [400, 'unsupportedFrame', 'bad_request'],
    [400, 'duplicateTaskUUID', 'bad_request'],
    [400, 'maxReferenceImages', 'bad_request'],
    [401, 'invalidApiKey', 'auth'],
    [400, 'missingApiKey', 'auth'],
    [401, 'unauthorized', 'auth'],
    [402, 'insufficientCredits', 'out_of_credit'],
    [400, 'insufficientCredits', 'out_of_credit'],
    [400, 'exceededQuota', 'out_of_credit'],
    [400, 'lowBalance', 'out_of_credit'],
    [402, 'paymentRequired', 'out_of_credit'],
    [400, 'noAvailableServer', 'unavailable'],
    [400, 'modelUnavailable', 'unavailable'],
    [400, 'contentPolicyViolation', 'moderated'],
    [400, 'providerContentPolicyViolation', 'moderated'],
    [400, 'sensitiveContentDetected', 'moderated'],
    [400, 'nsfwContentDetected', 'moderated'],
    [400, 'promptBlocked', 'moderated'],
    [400, 'imageBlocked', 'moderated'],
    [400, 'moderationFailed', 'moderated'],
  ])('with status %i and code %s is the fault %s, in errors and in error', async (status, code, expected) => {
    const error = { code, message: '…', taskUUID: taskId }
    for (const json of [
      { data: [], errors: [error] },
      { error, taskUUID: taskId },
    ]) {
      const refused = await submit({ status, json })
      expect(refused).toMatchObject({ ok: false, fault: { code: expected } })
      expect(refused.ok || refused.fault.message).toContain(code)
    }
  })

  it.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
  ])('with status %i and no known code is the fault %s', async (status, code) => {
    expect(await submit({ status, text: '' })).toMatchObject({ ok: false, fault: { code } })
    expect(
      await submit({ status, json: { errors: [{ code: 'undocumented', message: '…' }] } }),
    ).toMatchObject({
      fault: { code },
    })
  })

  it.each([408, 500, 502, 503, 504])('with status %i leaves the outcome unknown', async (status) => {
    for (const reply of [{ text: '' }, { json: { errors: [{ code: 'undocumented', message: '…' }] } }]) {
      expect(await submit({ status, ...reply })).toMatchObject({ fault: { code: 'answer_lost' } })
    }
  })

  it.each([200, 400, 402, 429])(
    'accepts the task even with an error beside it and status %i',
    async (status) => {
      const errors = [{ code: 'modelUnavailable', message: '…', taskUUID: taskId }]
      expect(await submit({ status, json: { data: [anItem()], errors } })).toEqual(submitted)
    },
  )

  it('names each wrong parameter', async () => {
    const error = { code: 'missingDimensionParameters', message: '…', taskUUID: taskId }
    for (const parameter of ['width', ['width', 'height']]) {
      const refused = await submit({ status: 400, json: { errors: [{ ...error, parameter }] } })
      expect(refused).toMatchObject({
        fault: { message: `Runware refused: missingDimensionParameters (${[parameter].flat().join(', ')}).` },
      })
    }
  })

  it.each([
    ['7', 7_000],
    [new Date(nowMs + 9_000).toUTCString(), 9_000],
  ])('has the wait of Retry-After: %s', async (value, waitMs) => {
    const busy: Reply = { status: 429, json: { errors: [] }, headers: { 'retry-after': value } }
    expect(await submit(busy)).toMatchObject({ fault: { code: 'rate_limited', retryAfterMs: waitMs } })
    expect(await poll(busy)).toMatchObject({ fault: { code: 'rate_limited', retryAfterMs: waitMs } })
  })

  it.each([
    ['a code that contains the key', { code: 'the key rw-secret is not valid' }],
    ['a message that contains the key', { code: 'invalidApiKey', message: 'the key rw-secret is not valid' }],
    ['a parameter that contains the key', { code: 'invalidApiKey', parameter: 'the key rw-secret' }],
    ['a very long code', { code: 'x'.repeat(100_000) }],
  ])('does not repeat %s in the message', async (_, error) => {
    const refused = await submit({ status: 400, json: { errors: [error] } })
    const message = refused.ok ? '' : refused.fault.message
    expect(message).toMatch(/^Runware refused/)
    expect(message).not.toContain('rw-secret')
    expect(message.length).toBeLessThan(200)
  })
})

describe('finding a lost submission', () => {
  it.each([
    ['it is processing', { json: { data: [processing] } }],
    ['it is done', { json: { data: [aSuccess()] } }],
    ['it has failed', { status: 400, json: { data: [], errors: [aFailedItem()] } }],
  ])('finds it when %s', async (_, reply) => {
    expect(await find(reply)).toEqual(submitted)
  })

  it.each([
    ['in errors', { data: [], errors: [{ code: 'taskNotFound', message: '…', taskUUID: taskId }] }],
    ['in errors without its task', { errors: [{ code: 'taskNotFound', message: '…' }] }],
    ['in error', { error: { code: 'taskNotFound', message: '…' }, taskUUID: taskId }],
  ])('is not_found for taskNotFound %s', async (_, json) => {
    for (const status of [200, 400, 404])
      expect(await find({ status, json })).toEqual({ ok: true, value: 'not_found' })
  })

  it.each(['taskExpired', 'taskFailedOrNotFound'])('is undecided for %s', async (code) => {
    expect(await find({ status: 404, json: { errors: [{ code, taskUUID: taskId }] } })).toMatchObject({
      ok: false,
    })
  })

  it.each([
    [
      'the request is refused',
      { status: 400, json: { errors: [{ code: 'invalidTaskType', message: '…' }] } },
    ],
    ['the key is wrong', { status: 401, json: { errors: [{ code: 'invalidApiKey', message: '…' }] } }],
    ['the response is empty', { json: { data: [] } }],
    ['the response is about another task', { json: { data: [aSuccess(1, { taskUUID: 'another' })] } }],
    ['the connection breaks', new TypeError('Network connection lost.')],
  ] as [string, Reply][])('is undecided if %s', async (_, reply) => {
    expect(await find(reply)).toMatchObject({ ok: false })
  })
})

describe('the response to a poll at Runware', () => {
  it.each(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])(
    'is a lost task with the code %s',
    async (code) => {
      const error = { code, message: '…' }
      for (const json of [{ errors: [{ ...error, taskUUID: taskId }] }, { error, taskUUID: taskId }]) {
        expect(await poll({ status: 404, json })).toMatchObject({ fault: { code: 'task_lost' } })
      }
    },
  )

  it('says nothing about the task if the request is refused', async () => {
    const json = { errors: [{ code: 'invalidTaskType', message: '…' }] }
    expect(await poll({ status: 400, json })).toMatchObject({ ok: false })
  })

  it('ignores items of another task', async () => {
    const others = [aSuccess(1, { taskUUID: 'another' }), processing]
    expect(await poll({ json: { data: others } })).toMatchObject({
      value: { state: 'pending', finished: [] },
    })
  })

  it('has the sum of the costs of the results', async () => {
    const json = { data: [aSuccess(1), aSuccess(2)] }
    expect(await poll({ json }, 2)).toEqual({
      ok: true,
      value: {
        state: 'done',
        outputs: [anOutput(1), anOutput(2)],
        faults: [],
        cost: { amount_usd: 0.36, source: 'provider' },
      },
    })
  })
})
