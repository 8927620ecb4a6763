import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aCompletion, aGeneration, anAimlapi, anError, aProblem, videoUrl } from './a-aimlapi.ts'

const submit = (reply: Reply) => anAimlapi(reply).provider.submit(aSubmission())
const poll = (reply: Reply) => anAimlapi(reply).provider.getStatus(aTask({ provider: 'aimlapi' }))

const submitted = { ok: true, value: { providerTaskId: taskId } }
const pending = { state: 'pending', finished: [], faults: [] }
const done = { state: 'done', outputs: [{ id: taskId, url: videoUrl }], faults: [] }

describe('the response to a submission at AI/ML API', () => {
  it.each([
    ['as documented', { json: { id: taskId, status: 'queued' } }],
    ['with 201', { status: 201, json: { id: taskId, status: 'queued' } }],
    ['already generating', { json: aGeneration() }],
    ['already failed, which polling reports', { json: anError() }],
    ['without a status', { json: { id: taskId } }],
    ['by its header only', { text: '{"id":', headers: { 'x-inference-id': taskId } }],
  ])('accepts the task %s', async (_, reply) => {
    expect(await submit(reply)).toEqual(submitted)
  })

  it.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'not_entitled'],
    [404, 'bad_request'],
    [413, 'bad_request'],
    [422, 'bad_request'],
    [429, 'rate_limited'],
  ])('with status %i is the fault %s', async (status, code) => {
    expect(await submit(aProblem(status))).toMatchObject({
      fault: { code, message: `AI/ML API refused: ${status}.`, evidence: { status, message: '…' } },
    })
  })

  it.each([408, 500, 502, 503, 504])('with status %i leaves the outcome unknown', async (status) => {
    expect(await submit(aProblem(status))).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([{}, { id: '' }, { id: 7 }, { status: 'queued' }, [], null])(
    'leaves the outcome unknown for %j',
    async (json) => {
      expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
    },
  )

  it.each([
    ['You have run out of credits.', 'out_of_credit'],
    ['Insufficient balance', 'out_of_credit'],
    ['Not enough funds: top up', 'out_of_credit'],
    ['You have no access to this model.', 'not_entitled'],
    ['', 'not_entitled'],
  ])('with status 403 and the message "%s" is the fault %s', async (message, code) => {
    expect(await submit(aProblem(403, message))).toMatchObject({ fault: { code } })
    expect(await poll(aProblem(403, message))).toMatchObject({ fault: { code } })
  })

  it.each([
    ['90', 90_000],
    [new Date(nowMs + 45_000).toUTCString(), 45_000],
    [undefined, 30_000],
  ])('with status 429 and Retry-After: %s has a wait of %i ms', async (value, waitMs) => {
    const reply = { ...aProblem(429), ...(value && { headers: { 'retry-after': value } }) }
    expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
    expect(await poll(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
  })
})

describe('a status of AI/ML API', () => {
  it.each([
    ['queued', pending],
    ['generating', pending],
    ['dreaming', { ...pending, unknownStatus: 'dreaming' }],
    ['', { ...pending, unknownStatus: '' }],
  ])('is pending with the word "%s", even with a video or an error', async (status, value) => {
    expect(await poll({ json: aGeneration({ status }) })).toEqual({ ok: true, value })
    expect(await poll({ json: aCompletion({ status }) })).toEqual({ ok: true, value })
  })

  it('is done with the word completed, even with an error', async () => {
    expect(await poll({ json: aCompletion() })).toEqual({
      ok: true,
      value: { ...done, cost: { amount_usd: 0.06, source: 'provider' } },
    })
  })

  it.each([null, undefined, {}, { url: '' }, { url: 7 }, 'no'])(
    'is pending and reports a missing video for a completion with %j',
    async (video) => {
      expect(await poll({ json: aCompletion({ video }) })).toEqual({
        ok: true,
        value: { ...pending, withheld: expect.objectContaining({ code: 'unreadable_answer' }) },
      })
    },
  )

  it.each([
    [{ name: 'GenerationError', message: 'It broke.' }, 'generation_failed'],
    [{ name: 'ContentModerationError', message: '' }, 'moderated'],
    [{ name: 'BadRequest', message: 'The input may contain sensitive information' }, 'moderated'],
    [null, 'generation_failed'],
    ['no', 'generation_failed'],
    [{ name: 7 }, 'generation_failed'],
  ])('is failed with the word error and %j: %s', async (error, code) => {
    expect(await poll({ json: anError(error) })).toMatchObject({
      value: { state: 'failed', fault: { code } },
    })
  })

  it('stores the text of an error as evidence', async () => {
    expect(await poll({ json: anError() })).toMatchObject({
      value: { fault: { evidence: { name: 'GenerationError', message: 'The generation failed.' } } },
    })
  })
})

describe('a cost of AI/ML API', () => {
  const usd = { 'x-aimlapi-usd-spent': '0.31' }
  const credits = { 'x-aimlapi-credits-used': '620000' }

  it.each([
    ['dollars in the body', { credits_used: 120_000, usd_spent: 0.06 }, usd, { amount_usd: 0.06 }],
    ['zero dollars in the body', { credits_used: 0, usd_spent: 0 }, {}, { amount_usd: 0 }],
    ['dollars in a header', { credits_used: 620_000 }, usd, { amount_usd: 0.31 }],
    ['credits in the body', { credits_used: 120_000 }, {}, { credits: 120_000, amount_usd: 0.06 }],
    [
      'credits in the body of a free request',
      { credits_used: 120_000 },
      { 'x-aimlapi-usd-spent': '0' },
      { credits: 120_000, amount_usd: 0.06 },
    ],
    ['credits in a header', undefined, credits, { credits: 620_000, amount_usd: 0.31 }],
    [
      'credits beside an invalid value',
      { credits_used: 5, usd_spent: 'much' },
      {},
      { credits: 5, amount_usd: 0.000003 },
    ],
  ])('is read from %s', async (_, usage, headers, cost) => {
    expect(await poll({ json: aCompletion({ meta: { usage } }), headers })).toEqual({
      ok: true,
      value: { ...done, cost: { ...cost, source: 'provider' } },
    })
  })

  it.each([null, undefined, {}, 'no', { usage: null }, { usage: { usd_spent: -1 } }])(
    'is absent with %j',
    async (meta) => {
      const headers = { 'x-aimlapi-usd-spent': 'much' }
      expect(await poll({ json: aCompletion({ meta }), headers })).toEqual({ ok: true, value: done })
    },
  )
})

describe('the response to a poll at AI/ML API', () => {
  it('is a lost task with status 404', async () => {
    expect(await poll(aProblem(404))).toMatchObject({ fault: { code: 'task_lost' } })
  })

  it.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ])('with status %i says nothing about the task: %s', async (status, code) => {
    expect(await poll(aProblem(status))).toMatchObject({ fault: { code } })
  })

  it.each([{}, { id: taskId }, { status: 7 }, null, [], 'text'])('is unreadable as %j', async (json) => {
    expect(await poll({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
  })
})
