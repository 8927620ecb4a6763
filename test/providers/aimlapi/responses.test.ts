import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aCompletion, aGeneration, anAimlapi, anError, aProblem, videoUrl } from './a-aimlapi.ts'

const submit = (reply: Reply) => anAimlapi(reply).provider.submit(aSubmission())
const check = (reply: Reply) => anAimlapi(reply).provider.getStatus(aTask({ provider: 'aimlapi' }))

const submitted = { ok: true, value: { providerTaskId: taskId } }
const pending = { state: 'pending', finished: [], faults: [] }
const done = { state: 'done', outputs: [{ id: taskId, url: videoUrl }], faults: [] }

describe('submitting', () => {
  it.each([
    ['as documented', { json: { id: taskId, status: 'queued' } }],
    ['with 201', { status: 201, json: { id: taskId, status: 'queued' } }],
    ['already generating', { json: aGeneration() }],
    ['already ended: that is for asking', { json: anError() }],
    ['without a status', { json: { id: taskId } }],
    ['by its header alone', { text: '{"id":', headers: { 'x-inference-id': taskId } }],
  ])('takes an acknowledgement %s', async (_, reply) => {
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
  ])('turns %i into %s', async (status, code) => {
    expect(await submit(aProblem(status))).toMatchObject({
      fault: { code, message: `AI/ML API refused: ${status}.`, evidence: { status, message: '…' } },
    })
  })

  it.each([408, 500, 502, 503, 504])('does not know whether a task was bought after %i', async (status) => {
    expect(await submit(aProblem(status))).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([{}, { id: '' }, { id: 7 }, { status: 'queued' }, [], null])(
    'does not know whether a task was bought from %j',
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
  ])('takes a 403 that says "%s" for %s', async (message, code) => {
    expect(await submit(aProblem(403, message))).toMatchObject({ fault: { code } })
    expect(await check(aProblem(403, message))).toMatchObject({ fault: { code } })
  })

  it.each([
    ['90', 90_000],
    [new Date(nowMs + 45_000).toUTCString(), 45_000],
    [undefined, 30_000],
  ])('waits after 429 as Retry-After: %s asks', async (value, waitMs) => {
    const reply = { ...aProblem(429), ...(value && { headers: { 'retry-after': value } }) }
    expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
    expect(await check(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
  })
})

describe('a status', () => {
  it.each([
    ['queued', pending],
    ['generating', pending],
    ['dreaming', { ...pending, unknownStatus: 'dreaming' }],
    ['', { ...pending, unknownStatus: '' }],
  ])('goes on while it is "%s", whatever stands beside it', async (status, value) => {
    expect(await check({ json: aGeneration({ status }) })).toEqual({ ok: true, value })
    expect(await check({ json: aCompletion({ status }) })).toEqual({ ok: true, value })
  })

  it('is done when it is completed, though an error is filled in', async () => {
    expect(await check({ json: aCompletion() })).toEqual({
      ok: true,
      value: { ...done, cost: { amount_usd: 0.06, source: 'provider' } },
    })
  })

  it.each([null, undefined, {}, { url: '' }, { url: 7 }, 'no'])(
    'waits for the video of a completion with %j, and says so',
    async (video) => {
      expect(await check({ json: aCompletion({ video }) })).toEqual({
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
  ])('has failed when it is error with %j: %s', async (error, code) => {
    expect(await check({ json: anError(error) })).toMatchObject({
      value: { state: 'failed', fault: { code } },
    })
  })

  it('keeps what an error says as evidence', async () => {
    expect(await check({ json: anError() })).toMatchObject({
      value: { fault: { evidence: { name: 'GenerationError', message: 'The generation failed.' } } },
    })
  })
})

describe('a cost', () => {
  const usd = { 'x-aimlapi-usd-spent': '0.31' }
  const credits = { 'x-aimlapi-credits-used': '620000' }

  it.each([
    ['dollars of the body', { credits_used: 120_000, usd_spent: 0.06 }, usd, { amount_usd: 0.06 }],
    ['nothing at all', { credits_used: 0, usd_spent: 0 }, {}, { amount_usd: 0 }],
    ['dollars of a header', { credits_used: 620_000 }, usd, { amount_usd: 0.31 }],
    ['credits of the body', { credits_used: 120_000 }, {}, { credits: 120_000 }],
    [
      'credits of the body beside a free question',
      { credits_used: 120_000 },
      { 'x-aimlapi-usd-spent': '0' },
      { credits: 120_000 },
    ],
    ['credits of a header', undefined, credits, { credits: 620_000 }],
    ['credits beside nonsense', { credits_used: 5, usd_spent: 'much' }, {}, { credits: 5 }],
  ])('is told in %s', async (_, usage, headers, cost) => {
    expect(await check({ json: aCompletion({ meta: { usage } }), headers })).toEqual({
      ok: true,
      value: { ...done, cost: { ...cost, source: 'provider' } },
    })
  })

  it.each([null, undefined, {}, 'no', { usage: null }, { usage: { usd_spent: -1 } }])(
    'is not made up from %j',
    async (meta) => {
      const headers = { 'x-aimlapi-usd-spent': 'much' }
      expect(await check({ json: aCompletion({ meta }), headers })).toEqual({ ok: true, value: done })
    },
  )
})

describe('asking', () => {
  it('has lost a task that is not found', async () => {
    expect(await check(aProblem(404))).toMatchObject({ fault: { code: 'task_lost' } })
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
  ])('is told nothing of the task by %i: %s', async (status, code) => {
    expect(await check(aProblem(status))).toMatchObject({ fault: { code } })
  })

  it.each([{}, { id: taskId }, { status: 7 }, null, [], 'text'])('cannot read %j', async (json) => {
    expect(await check({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
  })
})
