import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aCrun, aFailure, enveloped } from './a-crun.ts'

const submit = (reply: Reply) => aCrun(reply).provider.submit(aSubmission())
const poll = (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' }))

const submitted = { ok: true, value: { providerTaskId: taskId } }

/** The places of a code: the HTTP status, the body with HTTP 200, and both. */
function repliesWith(
  code: number,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Reply[] {
  return [
    { status: code, json: { message: '…', ...more }, headers },
    { status: 200, json: { code, message: '…', ...more }, headers },
    { status: code, json: { code, message: '…', ...more }, headers },
  ]
}

describe('the response to a submission at Crun', () => {
  it.each([
    ['as documented', enveloped({ task_id: taskId })],
    ['without a message', { code: 200, data: { task_id: taskId } }],
    ['without a code, with HTTP 200', { data: { task_id: taskId } }],
    ['with unknown fields', { ...enveloped({ task_id: taskId, queue: 3 }), trace: {} }],
    ['with a message that is no string', { ...enveloped({ task_id: taskId }), message: { text: 'success' } }],
    ['with errors that are no strings', { ...enveloped({ task_id: taskId }), errors: [null] }],
  ])('accepts the task %s', async (_, json) => {
    expect(await submit({ json })).toEqual(submitted)
  })

  it.each([
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'auth'],
    [404, 'bad_request'],
    [422, 'bad_request'],
    [429, 'rate_limited'],
    [455, 'maintenance'],
    [501, 'generation_failed'],
    [505, 'not_entitled'],
  ])('with code %i is the fault %s, in the HTTP status and in the body', async (code, expected) => {
    for (const reply of repliesWith(code)) {
      expect(await submit(reply)).toMatchObject({
        ok: false,
        fault: { code: expected, message: expect.stringContaining(String(code)) },
      })
    }
  })

  it.each([500, 502, 408, 999])('with code %i leaves the outcome unknown', async (code) => {
    expect(await submit({ json: { code, message: '…' } })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([
    ['no data', { code: 200, message: 'success' }],
    ['data that is null', enveloped(null)],
    ['no task id', enveloped({})],
    ['an empty task id', enveloped({ task_id: '' })],
    ['a task id that is no string', enveloped({ task_id: 7 })],
  ])('leaves the outcome unknown for a success with %s', async (_, json) => {
    expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it('is moderated if the message of a 501 says so', async () => {
    for (const reply of repliesWith(501, { message: 'Blocked by content moderation' })) {
      expect(await submit(reply)).toMatchObject({ fault: { code: 'moderated' } })
    }
  })

  it('stores the text of a refusal as evidence', async () => {
    const json = {
      code: 422,
      message: 'Validation Error',
      errors: ['input.prompt: required', 'input.audio: bool'],
    }
    expect(await submit({ status: 422, json })).toMatchObject({
      fault: {
        evidence: { code: 422, message: 'Validation Error; input.prompt: required; input.audio: bool' },
      },
    })
  })

  it.each([
    [429, '90', 90_000],
    [429, new Date(nowMs + 45_000).toUTCString(), 45_000],
    [455, '600', 600_000],
  ])('with code %i has the wait of Retry-After: %s', async (code, value, waitMs) => {
    for (const reply of repliesWith(code, {}, { 'retry-after': value })) {
      expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
      expect(await poll(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
    }
  })

  it.each([
    [429, 30_000],
    [455, 120_000],
  ])('with code %i and no Retry-After has a wait of %i ms', async (code, waitMs) => {
    for (const reply of repliesWith(code))
      expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
  })
})

describe('the response to a poll at Crun', () => {
  it('is a failed task with code 501', async () => {
    for (const reply of repliesWith(501)) {
      expect(await poll(reply)).toMatchObject({
        value: { state: 'failed', fault: { code: 'generation_failed' } },
      })
    }
  })

  it.each(['Blocked by content moderation', 'The input may contain sensitive information', 'copyright'])(
    'is moderated with the message: %s',
    async (message) => {
      const moderated = { value: { state: 'failed', fault: { code: 'moderated' } } }
      expect(await poll({ json: enveloped(aFailure({}, { message })) })).toMatchObject(moderated)
      expect(await poll({ status: 501, json: { code: 501, message } })).toMatchObject(moderated)
    },
  )

  it('is a lost task with code 404', async () => {
    for (const reply of repliesWith(404))
      expect(await poll(reply)).toMatchObject({ fault: { code: 'task_lost' } })
  })

  it.each([
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'auth'],
    [429, 'rate_limited'],
    [455, 'maintenance'],
    [500, 'unavailable'],
    [505, 'not_entitled'],
  ])('with code %i says nothing about the task: %s', async (code, expected) => {
    for (const reply of repliesWith(code))
      expect(await poll(reply)).toMatchObject({ fault: { code: expected } })
  })
})
