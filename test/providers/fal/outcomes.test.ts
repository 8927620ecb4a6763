import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, type Reply, taskId } from '../a-submission.ts'
import {
  accepted,
  aFailedWebhook,
  aFal,
  aModelError,
  anOutput,
  aStatus,
  aWebhook,
  storedId,
  videoUrl,
} from './a-fal.ts'

const submit = (reply: Reply) => aFal(reply).provider.submit(aSubmission())
const poll = (...replies: [Reply, ...Reply[]]) =>
  aFal(...replies).provider.getStatus(aTask({ provider: 'fal' }))
const result = (reply: Reply) => poll(aStatus('COMPLETED'), reply)

const pending = { state: 'pending', finished: [], faults: [] }

describe('the response to a submission at fal', () => {
  it.each([
    ['as documented', accepted],
    ['with the id alone', { request_id: taskId }],
    ['with unknown fields', { ...accepted, logs: [], status: 7 }],
  ])('accepts the task %s', async (_, json) => {
    expect(await submit({ json })).toEqual({ ok: true, value: { providerTaskId: storedId } })
  })

  it.each([
    [400, 'Bad request', 'bad_request'],
    [401, 'Authentication is required', 'auth'],
    [402, 'Payment required', 'out_of_credit'],
    [403, 'User is locked. Reason: Exhausted balance. Top up your balance.', 'out_of_credit'],
    [403, 'User is locked. Reason: TOP_UP.', 'out_of_credit'],
    [403, 'User is locked. Reason: Admin lock. Please contact support@fal.ai.', 'not_entitled'],
    [404, 'Application not found', 'bad_request'],
    [422, 'Invalid input', 'bad_request'],
    [429, 'Too many requests', 'rate_limited'],
    [408, 'Timeout', 'answer_lost'],
    [500, 'Internal server error', 'answer_lost'],
    [503, 'Service unavailable', 'answer_lost'],
  ])('with status %i and "%s" is the fault %s', async (status, detail, code) => {
    expect(await submit({ status, json: { detail } })).toMatchObject({ ok: false, fault: { code } })
  })

  it('is moderated if the content is refused at once', async () => {
    const json = aModelError('content_policy_violation')
    expect(await submit({ status: 422, json })).toMatchObject({ fault: { code: 'moderated' } })
  })

  it.each([[{}], [{ request_id: '' }], [{ request_id: 7 }], [[]], ['text'], [null]])(
    'leaves the outcome unknown for the success %j',
    async (json) => {
      expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
    },
  )
})

describe('a status of fal', () => {
  it.each([
    ['IN_QUEUE', pending],
    ['IN_PROGRESS', pending],
    ['DREAMING', { ...pending, unknownStatus: 'DREAMING' }],
  ])('%s is pending', async (status, outcome) => {
    expect(await poll(aStatus(status))).toEqual({ ok: true, value: outcome })
  })

  it('is a lost task if fal does not know it', async () => {
    expect(await poll({ status: 404, json: { detail: 'Not found' } })).toMatchObject({
      fault: { code: 'task_lost' },
    })
  })
})

describe('a completed request at fal', () => {
  it('has its video', async () => {
    expect(await result({ json: anOutput })).toEqual({
      ok: true,
      value: { state: 'done', outputs: [{ id: storedId, url: videoUrl }], faults: [] },
    })
  })

  it.each([
    ['a moderated prompt', 422, aModelError('content_policy_violation'), 'moderated'],
    ['an error of the model', 400, aModelError('downstream_service_error'), 'generation_failed'],
    ['an internal error', 500, aModelError('internal_server_error'), 'generation_failed'],
    ['a timeout of the model', 504, aModelError('generation_timeout'), 'provider_timeout'],
    ['an unreadable image', 422, aModelError('image_load_error'), 'generation_failed'],
    ['a text', 422, { detail: 'Prompt must be non-empty' }, 'generation_failed'],
    ['a timeout', 504, { detail: 'Timed out', error_type: 'request_timeout' }, 'provider_timeout'],
    ['a lost runner', 503, { detail: 'Gone', error_type: 'runner_disconnected' }, 'generation_failed'],
    ['a cancellation', 499, { detail: 'Gone', error_type: 'client_cancelled' }, 'provider_canceled'],
    ['no result, as for a path that does not exist', 404, { detail: 'Path not found' }, 'generation_failed'],
    ['an error in a success', 200, { detail: 'Gone', error_type: 'client_cancelled' }, 'provider_canceled'],
  ])('has failed with %s', async (_, status, json, code) => {
    expect(await result({ status, json })).toMatchObject({
      ok: true,
      value: { state: 'failed', fault: { code } },
    })
  })

  it.each([{ video: null, seed: 7 }, {}])('may have been paid for without a video: %j', async (json) => {
    const value = { state: 'pending', withheld: { code: 'unreadable_answer' } }
    expect(await result({ json })).toMatchObject({ ok: true, value })
  })

  it.each([
    ['a wrong key', { status: 401, json: { detail: 'Unauthorized' } }, 'auth'],
    ['too many calls', { status: 429, json: { detail: 'Slow down' } }, 'rate_limited'],
    ['a broken gateway', { status: 503, text: '' }, 'unavailable'],
    ['a broken service', { status: 500, json: { detail: 'Internal server error' } }, 'unavailable'],
    ['no JSON', { text: '<html>' }, 'unavailable'],
  ] satisfies [string, Reply, string][])('is asked again after %s', async (_, reply, code) => {
    expect(await result(reply)).toMatchObject({ ok: false, fault: { code } })
  })

  it('shows the type of its error, and none of the input that it repeats', async () => {
    const detail = [
      { loc: ['body'], msg: 'No', type: 'image_too_small', input: 'SECRET', ctx: { a: 'SECRET' } },
    ]
    const failed = await result({ status: 422, json: { detail } })
    expect(failed).toMatchObject({
      value: { fault: { message: expect.stringContaining('image_too_small') } },
    })
    expect(JSON.stringify(failed)).not.toContain('SECRET')
  })
})

describe('a webhook of fal', () => {
  const { parseWebhook } = aFal({ json: {} }).provider
  const unknown = { providerTaskId: null, model: 'seedance-2.0-fast' as const }
  const parse = (body: unknown, tasks = [unknown]) => parseWebhook?.(body, tasks) ?? []

  it.each([
    ['a video', aWebhook(), { state: 'done', outputs: [{ url: videoUrl }] }],
    ['no video', aWebhook({ payload: {} }), { state: 'pending', withheld: { code: 'unreadable_answer' } }],
    ['an error', aFailedWebhook(), { state: 'failed', fault: { code: 'generation_failed' } }],
    [
      'a moderated prompt',
      aFailedWebhook(aModelError('content_policy_violation')),
      { fault: { code: 'moderated' } },
    ],
    ['an error without its result', aFailedWebhook(null), { state: 'failed' }],
    [
      'a result that is too large',
      aWebhook({ payload: null, payload_error: 'Response payload is not JSON serializable' }),
      { ...pending, withheld: { code: 'unreadable_answer' } },
    ],
    ['an unknown word', aWebhook({ status: 'MAYBE' }), { ...pending, unknownStatus: 'MAYBE' }],
  ])('is read with %s', (_, body, outcome) => {
    expect(parse(body)).toMatchObject([{ providerTaskId: storedId, outcome }])
  })

  it('names the task of its job, or else one at the app of the model', () => {
    const other = { providerTaskId: `seedance-2.5/${taskId}`, model: 'seedance-2.0' as const }
    expect(parseWebhook?.(aWebhook(), [unknown, other])).toMatchObject([
      { providerTaskId: `seedance-2.5/${taskId}` },
    ])
    const [of25] = parseWebhook?.(aWebhook(), [{ providerTaskId: null, model: 'seedance-2.5' }]) ?? []
    expect(of25?.providerTaskId).toBe(`seedance-2.5/${taskId}`)
    expect(parseWebhook?.(aWebhook(), [])).toEqual([])
  })

  it.each([[null], [[]], [{}], ['text'], [{ request_id: taskId }], [{ status: 'OK' }], [[aWebhook()]]])(
    'has no items if it is %j',
    (body) => {
      expect(parse(body)).toEqual([])
    },
  )
})
