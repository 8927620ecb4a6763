import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { anAcceptance, anAsset, aScenario, aSuccess, credentials } from './a-scenario.ts'

const submit = (reply: Reply, request = {}) => aScenario(reply).provider.submit(aSubmission(request))
const poll = (...replies: [Reply, ...Reply[]]) =>
  aScenario(...replies).provider.getStatus(aTask({ provider: 'scenario' }))

const submitted = { ok: true, value: { providerTaskId: taskId } }

const codes: [number, string][] = [
  [400, 'bad_request'],
  [401, 'auth'],
  [402, 'out_of_credit'],
  [403, 'not_entitled'],
  [413, 'bad_request'],
  [422, 'bad_request'],
  [429, 'rate_limited'],
]

describe('the response to a submission at Scenario', () => {
  it.each([
    ['as documented', anAcceptance()],
    ['with 201', { ...anAcceptance(), status: 201 }],
    ['without the job object', { json: { jobId: taskId } }],
    ['with the id as documented on one page', { json: { job: { id: taskId, status: 'queued' } } }],
    ['with an invalid price', anAcceptance({ creativeUnitsCost: 'much' })],
  ])('accepts the task %s', async (_, reply) => {
    expect(await submit(reply)).toEqual(submitted)
  })

  it('contains the cost', async () => {
    expect(await submit(anAcceptance({ creativeUnitsCost: 12.5 }))).toEqual({
      ok: true,
      value: { providerTaskId: taskId, cost: { credits: 12.5, source: 'provider' } },
    })
  })

  it.each([...codes, [404, 'bad_request'] as const])(
    'with status %i is the fault %s',
    async (status, code) => {
      expect(await submit({ status, json: { reason: '…' } })).toMatchObject({
        fault: { code, message: `Scenario refused: ${status}.` },
      })
    },
  )

  it.each([408, 500, 502, 503, 504])('with status %i leaves the outcome unknown', async (status) => {
    expect(await submit({ status, json: { reason: '…' } })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([
    {},
    { job: {} },
    { job: null },
    { jobId: '' },
    { job: { jobId: 7 } },
    { creativeUnitsCost: 12 },
    [],
    null,
  ])('leaves the outcome unknown for %j', async (json) => {
    expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each(['reason', 'message', 'error', 'detail'])(
    'with status 400 names the field from its %s',
    async (where) => {
      const json = { [where]: 'Unknown parameter "seed" for this model', trace_id: 't-1' }
      expect(await submit({ status: 400, json }, { seed: 7 })).toMatchObject({
        fault: { code: 'bad_request', message: 'Scenario refused: 400 (seed).' },
      })
    },
  )

  it('names only sent fields and repeats nothing else of its text', async () => {
    const json = { reason: `seeds, lastFrameImage and duration are wrong for ${credentials}` }
    expect(await submit({ status: 400, json })).toMatchObject({
      fault: {
        message: 'Scenario refused: 400 (duration).',
        evidence: { status: 400, message: json.reason },
      },
    })
  })

  it.each([
    ['Not enough creative units', 'out_of_credit'],
    ['Insufficient balance', 'out_of_credit'],
    ['Your plan does not include this model', 'not_entitled'],
  ])('with status 403 and the text "%s" is the fault %s', async (reason, code) => {
    expect(await submit({ status: 403, json: { reason } })).toMatchObject({ fault: { code } })
  })

  it.each([
    ['remainingSeconds', { remainingSeconds: 12 }, {}, 12_000],
    ['remainingSeconds in details', { details: { remainingSeconds: 1.5 } }, {}, 1_500],
    ['a Retry-After', {}, { 'retry-after': '90' }, 90_000],
    ['a Retry-After with a date', {}, { 'retry-after': new Date(nowMs + 45_000).toUTCString() }, 45_000],
    ['nothing', { details: { actionName: 'generate', actionLimit: 5 } }, {}, 30_000],
    ['invalid values', { remainingSeconds: 'soon', details: 7 }, {}, 30_000],
  ])('with status 429 has a wait from %s', async (_, json, headers, waitMs) => {
    expect(await submit({ status: 429, json, headers })).toMatchObject({
      fault: { code: 'rate_limited', retryAfterMs: waitMs },
    })
  })
})

describe('the response to a poll at Scenario', () => {
  it('is a lost task with status 404', async () => {
    expect(await poll({ status: 404, json: {} })).toMatchObject({ fault: { code: 'task_lost' } })
  })

  it.each(codes)('with status %i says nothing about the job: %s', async (status, code) => {
    expect(await poll({ status, json: {} })).toMatchObject({ fault: { code } })
  })

  it.each(codes)('is a pending task if its asset is refused with %i: %s', async (status, code) => {
    expect(await poll(aSuccess(), { status, json: {} })).toMatchObject({
      ok: true,
      value: { state: 'pending', withheld: { code } },
    })
  })

  it.each([{}, { job: null }, { job: {} }, { job: { status: 7 } }, null, [], 'text'])(
    'is unreadable as %j',
    async (json) => {
      expect(await poll({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    },
  )

  it.each([
    ['not found yet', { status: 404, json: {} }],
    ['unavailable', { status: 503, text: '' }],
    ['without a URL', anAsset({ url: '' })],
    ['empty', { json: {} }],
    ['unreachable', new TypeError('Network connection lost.')],
  ] satisfies [string, Reply][])('is a pending task if the asset of a success is %s', async (_, reply) => {
    expect(await poll(aSuccess(), reply)).toMatchObject({
      ok: true,
      value: { state: 'pending', withheld: { code: 'unavailable' } },
    })
    expect(await poll(aSuccess(), anAsset())).toMatchObject({ value: { state: 'done' } })
  })

  it('is a finished task even if the asset id is no valid Unicode', async () => {
    expect(await poll(aSuccess(['\ud800']), anAsset())).toMatchObject({ value: { state: 'done' } })
  })
})
