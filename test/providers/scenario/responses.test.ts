import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { anAcceptance, anAsset, aScenario, aSuccess, credentials } from './a-scenario.ts'

const submit = (reply: Reply, request = {}) => aScenario(reply).provider.submit(aSubmission(request))
const check = (...replies: [Reply, ...Reply[]]) =>
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

describe('submitting', () => {
  it.each([
    ['as documented', anAcceptance()],
    ['with 201', { ...anAcceptance(), status: 201 }],
    ['without the wrapper', { json: { jobId: taskId } }],
    ['under the name that one page has', { json: { job: { id: taskId, status: 'queued' } } }],
    ['with a price that is none', anAcceptance({ creativeUnitsCost: 'much' })],
  ])('takes an acknowledgement %s', async (_, reply) => {
    expect(await submit(reply)).toEqual(submitted)
  })

  it('is told the price at once', async () => {
    expect(await submit(anAcceptance({ creativeUnitsCost: 12.5 }))).toEqual({
      ok: true,
      value: { providerTaskId: taskId, cost: { credits: 12.5, source: 'provider' } },
    })
  })

  it.each([...codes, [404, 'bad_request'] as const])('turns %i into %s', async (status, code) => {
    expect(await submit({ status, json: { reason: '…' } })).toMatchObject({
      fault: { code, message: `Scenario refused: ${status}.` },
    })
  })

  it.each([408, 500, 502, 503, 504])('does not know whether a task was bought after %i', async (status) => {
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
  ])('does not know whether a task was bought from %j', async (json) => {
    expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each(['reason', 'message', 'error', 'detail'])(
    'names the field that a 400 complains of in its %s',
    async (where) => {
      const json = { [where]: 'Unknown parameter "seed" for this model', trace_id: 't-1' }
      expect(await submit({ status: 400, json }, { seed: 7 })).toMatchObject({
        fault: { code: 'bad_request', message: 'Scenario refused: 400 (seed).' },
      })
    },
  )

  it('names no field that was not sent, and nothing else of what it says', async () => {
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
  ])('takes a 403 that says "%s" for %s', async (reason, code) => {
    expect(await submit({ status: 403, json: { reason } })).toMatchObject({ fault: { code } })
  })

  it.each([
    ['remainingSeconds', { remainingSeconds: 12 }, {}, 12_000],
    ['remainingSeconds in its details', { details: { remainingSeconds: 1.5 } }, {}, 1_500],
    ['a Retry-After', {}, { 'retry-after': '90' }, 90_000],
    ['a date', {}, { 'retry-after': new Date(nowMs + 45_000).toUTCString() }, 45_000],
    ['nothing', { details: { actionName: 'generate', actionLimit: 5 } }, {}, 30_000],
    ['nonsense', { remainingSeconds: 'soon', details: 7 }, {}, 30_000],
  ])('waits after 429 as %s asks', async (_, json, headers, waitMs) => {
    expect(await submit({ status: 429, json, headers })).toMatchObject({
      fault: { code: 'rate_limited', retryAfterMs: waitMs },
    })
  })
})

describe('asking', () => {
  it('has lost a job that is not found', async () => {
    expect(await check({ status: 404, json: {} })).toMatchObject({ fault: { code: 'task_lost' } })
  })

  it.each(codes)('is told nothing of the job by %i: %s', async (status, code) => {
    expect(await check({ status, json: {} })).toMatchObject({ fault: { code } })
  })

  it.each(codes)(
    'has a job that is finished, though its asset is refused by %i: %s',
    async (status, code) => {
      expect(await check(aSuccess(), { status, json: {} })).toMatchObject({
        ok: true,
        value: { state: 'pending', withheld: { code } },
      })
    },
  )

  it.each([{}, { job: null }, { job: {} }, { job: { status: 7 } }, null, [], 'text'])(
    'cannot read %j',
    async (json) => {
      expect(await check({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    },
  )

  it.each([
    ['not there yet', { status: 404, json: {} }],
    ['not to be had', { status: 503, text: '' }],
    ['without an address', anAsset({ url: '' })],
    ['nothing', { json: {} }],
    ['unreachable', new TypeError('Network connection lost.')],
  ] satisfies [string, Reply][])('asks again when the asset of a success is %s', async (_, reply) => {
    expect(await check(aSuccess(), reply)).toMatchObject({
      ok: true,
      value: { state: 'pending', withheld: { code: 'unavailable' } },
    })
    expect(await check(aSuccess(), anAsset())).toMatchObject({ value: { state: 'done' } })
  })

  it('survives a name that no URL can hold', async () => {
    expect(await check(aSuccess(['\ud800']), anAsset())).toMatchObject({ value: { state: 'done' } })
  })
})
