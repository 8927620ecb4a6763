import { describe, expect, it } from 'vitest'
import type { FaultCode } from '../../../src/core/fault.ts'
import { aSubmission, aTask, type Reply, taskId } from '../a-submission.ts'
import { aBytePlus, aFailure, anArkTask, aProblem, aSuccess, videoUrl } from './a-byteplus.ts'

const submit = (reply: Reply) => aBytePlus(reply).provider.submit(aSubmission())
const poll = (reply: Reply) => aBytePlus(reply).provider.getStatus(aTask({ provider: 'byteplus' }))
const { parseWebhook } = aBytePlus({ json: {} }).provider
const parse = (body: unknown) => parseWebhook?.(body) ?? []

const pending = { state: 'pending', finished: [], faults: [] }
const free = { amount_usd: 0, source: 'provider' }

/** Its page "Error codes": HTTP status, code, message, and the fault of a submission. */
const refusals: [status: number, code: string, fault: FaultCode, message?: string][] = [
  [401, 'AuthenticationError', 'auth'],
  [403, 'AccessDenied', 'auth'],
  [403, 'InvalidAccountStatus', 'auth'],
  [403, 'OperationDenied.PermissionDenied', 'auth'],
  [404, 'ModelNotOpen', 'not_entitled'],
  [403, 'OperationDenied.ServiceNotOpen', 'not_entitled'],
  [404, 'InvalidEndpointOrModel.NotFound', 'not_entitled'],
  [400, 'InvalidSubscription', 'not_entitled'],
  [403, 'AccountOverdueError', 'out_of_credit'],
  [403, 'OperationDenied.ServiceOverdue', 'out_of_credit'],
  [429, 'QuotaExceeded', 'out_of_credit', 'Your free trial quota is used up.'],
  [429, 'QuotaExceeded', 'out_of_credit', 'You have exceeded the weekly usage quota.'],
  [429, 'QuotaExceeded', 'out_of_credit', 'You have exceeded the 5-hour usage quota.'],
  [429, 'QuotaExceeded', 'rate_limited', 'The number of queued tasks exceeds the limit.'],
  [429, 'SetLimitExceeded', 'out_of_credit'],
  [429, 'RateLimitExceeded.EndpointRPMExceeded', 'rate_limited'],
  [429, 'ModelAccountRpmRateLimitExceeded', 'rate_limited'],
  [429, 'APIAccountRpmRateLimitExceeded', 'rate_limited'],
  [429, 'AccountRateLimitExceeded', 'rate_limited'],
  [429, 'RequestBurstTooFast', 'rate_limited'],
  [429, 'InflightBatchsizeExceeded', 'rate_limited'],
  [429, 'ServerOverloaded', 'unavailable'],
  [400, 'InvalidEndpoint.ClosedEndpoint', 'unavailable'],
  [400, 'InvalidParameter', 'bad_request'],
  [400, 'InvalidParameter.UnsupportedModel', 'bad_request'],
  [400, 'MissingParameter.content', 'bad_request'],
  [400, 'InvalidImageURL.InvalidFormat', 'bad_request'],
  [400, 'InputTextSensitiveContentDetected', 'moderated'],
  [400, 'InputImageSensitiveContentDetected.PrivacyInformation', 'moderated'],
  [400, 'OutputVideoSensitiveContentDetected.PolicyViolation', 'moderated'],
  // Codes that no page lists count by their status.
  [400, 'Surprise', 'bad_request'],
  [429, 'Surprise', 'rate_limited'],
]

describe('a refusal of BytePlus', () => {
  it.each(refusals)('with %s %s is the fault %s', async (status, code, fault, message) => {
    const reply = aProblem(status, code, message, 'content[0]')
    expect(await submit(reply)).toMatchObject({ ok: false, fault: { code: fault } })
  })

  it('names the field, and shows no text of the provider', async () => {
    const reply = aProblem(
      400,
      'InvalidParameter',
      'the token of https://a.example.com/b?t=SECRET',
      'content[1].role',
    )
    const result = await submit(reply)
    expect(result.ok ? '' : result.fault.message).toBe('BytePlus refused: InvalidParameter, content[1].role.')
  })

  it('waits as long as it is asked to, or half a minute', async () => {
    const refused = (headers: Record<string, string>) =>
      submit({ status: 429, json: { error: { code: 'RequestBurstTooFast' } }, headers })
    expect(await refused({ 'retry-after': '7' })).toMatchObject({ fault: { retryAfterMs: 7_000 } })
    expect(await refused({})).toMatchObject({ fault: { retryAfterMs: 30_000 } })
  })

  it.each([
    [500, 'InternalServiceError'],
    [503, 'ServerOverloaded'],
    [500, 'InvalidParameter'],
  ])('is none with %s %s: the task may have been accepted', async (status, code) => {
    expect(await submit(aProblem(status, code))).toMatchObject({ fault: { code: 'answer_lost' } })
    expect(await poll(aProblem(status, code))).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it.each([{}, { id: '' }, { id: 7 }, []])('is none if a success has no id: %j', async (json) => {
    expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
  })
})

describe('a status of BytePlus', () => {
  it.each([
    ['queued', pending],
    ['running', pending],
    ['RUNNING', pending],
    ['dreaming', { ...pending, unknownStatus: 'dreaming' }],
  ])('is pending with the word "%s"', async (status, outcome) => {
    expect(await poll({ json: anArkTask({ status }) })).toEqual({ ok: true, value: outcome })
    expect(parse(anArkTask({ status }))).toEqual([{ providerTaskId: taskId, outcome }])
  })

  it('is done with its video, and with the price of its tokens', async () => {
    expect(await poll({ json: aSuccess() })).toEqual({
      ok: true,
      value: {
        state: 'done',
        outputs: [{ id: taskId, url: videoUrl }],
        faults: [],
        cost: { amount_usd: 0.378, source: 'price_table' },
      },
    })
  })

  it.each([
    ['expired', {}, 'provider_timeout'],
    ['cancelled', {}, 'provider_canceled'],
    ['failed', {}, 'generation_failed'],
    ['failed', { code: 'OutputVideoSensitiveContentDetected' }, 'moderated'],
    ['failed', { code: 'InvalidParameter.TaskTypeConstraint' }, 'bad_request'],
    ['failed', { code: 'InvalidParameter.TaskTypeMismatch' }, 'bad_request'],
  ])('is failed, and free, with the word %s and %j', async (status, error, code) => {
    const outcome = { state: 'failed', fault: { code }, cost: free }
    expect(await poll({ json: aFailure({ status, error }) })).toMatchObject({ value: outcome })
    expect(parse(aFailure({ status, error }))).toMatchObject([{ outcome }])
  })

  it('is lost if BytePlus does not know the task', async () => {
    const unknown = aProblem(404, 'ResourceNotFound')
    expect(await poll(unknown)).toMatchObject({ fault: { code: 'task_lost' } })
    expect(await poll({ json: aSuccess({ id: 'cgt-other' }) })).toMatchObject({
      fault: { code: 'unreadable_answer' },
    })
  })

  it.each([{ content: null }, { content: {} }, { content: { video_url: '' } }, { content: 7 }])(
    'is pending and reports a missing video for a success with %j',
    async (odd) => {
      expect(await poll({ json: aSuccess(odd) })).toMatchObject({
        value: { ...pending, withheld: { code: 'unreadable_answer' } },
      })
    },
  )

  it.each([
    { error: 'none' },
    { usage: 'much' },
    { duration: 'long' },
    { created_at: 'yesterday' },
    { ratio: '7:5' },
    { model: 7 },
    { surprise: {} },
  ])('still has its video with %j', async (odd) => {
    expect(await poll({ json: aSuccess(odd) })).toMatchObject({ value: { outputs: [{ url: videoUrl }] } })
  })

  it.each([null, [], {}, 'text', { id: taskId }, { task: aSuccess() }, [aSuccess()]])(
    'is no webhook if it is %j',
    (body) => {
      expect(parse(body)).toEqual([])
    },
  )
})
