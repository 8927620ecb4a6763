import { describe, expect, it } from 'vitest'
import { aLostSubmission, aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess, conflict } from './a-runware.ts'

const submit = (reply: Reply) => aRunware(reply).provider.submit(aSubmission())
const check = (reply: Reply, wanted = 1) => aRunware(reply).provider.getStatus(aTask({ wanted }))
const find = (reply: Reply) => aRunware(reply).provider.findSubmission?.(aLostSubmission())

const submitted = { ok: true, value: { providerTaskId: taskId } }
const processing = anItem({ status: 'processing' })

describe('submitting', () => {
  it.each([
    ['wrapped, as documented', { data: [anItem()] }],
    ['bare', [anItem()]],
    ['with fields that we do not know', { data: [{ ...anItem(), position: 3 }], requestId: 'r' }],
    ['processing already', { data: [processing] }],
  ])('takes an acknowledgement %s', async (_, json) => {
    expect(await submit({ json })).toEqual(submitted)
  })

  it.each([
    ['listed', 400, { data: [], errors: [{ ...conflict, taskUUID: taskId }] }],
    ['listed without its task', 409, { errors: [conflict] }],
    ['alone', 400, { error: conflict, taskUUID: taskId }],
    ['alone without its task', 400, { error: conflict }],
    ['with a message that is no text', 400, { errors: [{ ...conflict, message: ['in use'] }] }],
  ])('knows from a conflict, %s, that the earlier try arrived', async (_, status, json) => {
    expect(await submit({ status, json })).toEqual(submitted)
  })

  it('does not take the acknowledgement of another task for ours', async () => {
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
  ])('turns %i %s into %s, listed or alone', async (status, code, expected) => {
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
  ])('turns a bare %i into %s', async (status, code) => {
    expect(await submit({ status, text: '' })).toMatchObject({ ok: false, fault: { code } })
    expect(await submit({ status, json: { errors: [{ code: 'unheardOf', message: '…' }] } })).toMatchObject({
      fault: { code },
    })
  })

  it.each([408, 500, 502, 503, 504])('does not know whether a task was bought after %i', async (status) => {
    for (const reply of [{ text: '' }, { json: { errors: [{ code: 'unheardOf', message: '…' }] } }]) {
      expect(await submit({ status, ...reply })).toMatchObject({ fault: { code: 'answer_lost' } })
    }
  })

  it.each([200, 400, 402, 429])('takes an acknowledgement beside an error, under %i', async (status) => {
    const errors = [{ code: 'modelUnavailable', message: '…', taskUUID: taskId }]
    expect(await submit({ status, json: { data: [anItem()], errors } })).toEqual(submitted)
  })

  it('names the parameter that was wrong, one or several', async () => {
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
  ])('waits as Retry-After: %s asks', async (value, waitMs) => {
    const busy: Reply = { status: 429, json: { errors: [] }, headers: { 'retry-after': value } }
    expect(await submit(busy)).toMatchObject({ fault: { code: 'rate_limited', retryAfterMs: waitMs } })
    expect(await check(busy)).toMatchObject({ fault: { code: 'rate_limited', retryAfterMs: waitMs } })
  })

  it.each([
    ['a code that holds the key', { code: 'the key rw-secret is not valid' }],
    ['a message that holds the key', { code: 'invalidApiKey', message: 'the key rw-secret is not valid' }],
    ['a parameter that holds the key', { code: 'invalidApiKey', parameter: 'the key rw-secret' }],
    ['a code of endless length', { code: 'x'.repeat(100_000) }],
  ])('does not show the caller %s', async (_, error) => {
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
    ['listed', { data: [], errors: [{ code: 'taskNotFound', message: '…', taskUUID: taskId }] }],
    ['listed without its task', { errors: [{ code: 'taskNotFound', message: '…' }] }],
    ['alone', { error: { code: 'taskNotFound', message: '…' }, taskUUID: taskId }],
  ])('knows that it never arrived from taskNotFound, %s', async (_, json) => {
    for (const status of [200, 400, 404])
      expect(await find({ status, json })).toEqual({ ok: true, value: 'not_found' })
  })

  it.each(['taskExpired', 'taskFailedOrNotFound'])(
    'takes %s for no proof that it never arrived',
    async (code) => {
      expect(await find({ status: 404, json: { errors: [{ code, taskUUID: taskId }] } })).toMatchObject({
        ok: false,
      })
    },
  )

  it.each([
    [
      'is refused the question',
      { status: 400, json: { errors: [{ code: 'invalidTaskType', message: '…' }] } },
    ],
    ['has a wrong key', { status: 401, json: { errors: [{ code: 'invalidApiKey', message: '…' }] } }],
    ['is told nothing', { json: { data: [] } }],
    ['is told of another task', { json: { data: [aSuccess(1, { taskUUID: 'another' })] } }],
    ['cannot reach it', new TypeError('Network connection lost.')],
  ] as [string, Reply][])('knows neither when it %s', async (_, reply) => {
    expect(await find(reply)).toMatchObject({ ok: false })
  })
})

describe('asking', () => {
  it.each(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])(
    'has lost the task after %s',
    async (code) => {
      const error = { code, message: '…' }
      for (const json of [{ errors: [{ ...error, taskUUID: taskId }] }, { error, taskUUID: taskId }]) {
        expect(await check({ status: 404, json })).toMatchObject({ fault: { code: 'task_lost' } })
      }
    },
  )

  it('is told nothing of the task by a refusal of the question', async () => {
    const json = { errors: [{ code: 'invalidTaskType', message: '…' }] }
    expect(await check({ status: 400, json })).toMatchObject({ ok: false })
  })

  it('ignores what is said of another task', async () => {
    const others = [aSuccess(1, { taskUUID: 'another' }), processing]
    expect(await check({ json: { data: others } })).toMatchObject({
      value: { state: 'pending', finished: [] },
    })
  })

  it('adds up what the results cost', async () => {
    const json = { data: [aSuccess(1), aSuccess(2)] }
    expect(await check({ json }, 2)).toEqual({
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
