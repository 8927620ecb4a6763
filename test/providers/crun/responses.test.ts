import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, nowMs, type Reply, taskId } from '../a-submission.ts'
import { aCrun, aFailure, enveloped } from './a-crun.ts'

const submit = (reply: Reply) => aCrun(reply).provider.submit(aSubmission())
const check = (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' }))

const submitted = { ok: true, value: { providerTaskId: taskId } }

/** A code as it may come: as the HTTP status, in the body under 200, and as both. */
function saying(
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

describe('submitting', () => {
  it.each([
    ['as documented', enveloped({ task_id: taskId })],
    ['without a message', { code: 200, data: { task_id: taskId } }],
    ['without a code, under 200', { data: { task_id: taskId } }],
    ['with fields that we do not know', { ...enveloped({ task_id: taskId, queue: 3 }), trace: {} }],
    ['with a message that is no text', { ...enveloped({ task_id: taskId }), message: { text: 'success' } }],
    ['with errors that are no texts', { ...enveloped({ task_id: taskId }), errors: [null] }],
  ])('takes an acknowledgement %s', async (_, json) => {
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
  ])('turns %i into %s, whether the status says it or the body', async (code, expected) => {
    for (const reply of saying(code)) {
      expect(await submit(reply)).toMatchObject({
        ok: false,
        fault: { code: expected, message: expect.stringContaining(String(code)) },
      })
    }
  })

  it.each([500, 502, 408, 999])('does not know whether a task was bought after %i', async (code) => {
    expect(await submit({ json: { code, message: '…' } })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it.each([
    ['no data', { code: 200, message: 'success' }],
    ['data of nothing', enveloped(null)],
    ['no name', enveloped({})],
    ['an empty name', enveloped({ task_id: '' })],
    ['a name that is no text', enveloped({ task_id: 7 })],
  ])('does not know whether a task was bought from a success with %s', async (_, json) => {
    expect(await submit({ json })).toMatchObject({ fault: { code: 'answer_lost' } })
  })

  it('was moderated when a 501 says so', async () => {
    for (const reply of saying(501, { message: 'Blocked by content moderation' })) {
      expect(await submit(reply)).toMatchObject({ fault: { code: 'moderated' } })
    }
  })

  it('keeps what a refusal says as evidence', async () => {
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
  ])('waits after %i as Retry-After: %s asks', async (code, value, waitMs) => {
    for (const reply of saying(code, {}, { 'retry-after': value })) {
      expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
      expect(await check(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
    }
  })

  it.each([
    [429, 30_000],
    [455, 120_000],
  ])('waits after %i by itself for %i ms', async (code, waitMs) => {
    for (const reply of saying(code))
      expect(await submit(reply)).toMatchObject({ fault: { retryAfterMs: waitMs } })
  })
})

describe('asking', () => {
  it('has failed when a 501 says so outside', async () => {
    for (const reply of saying(501)) {
      expect(await check(reply)).toMatchObject({
        value: { state: 'failed', fault: { code: 'generation_failed' } },
      })
    }
  })

  it.each(['Blocked by content moderation', 'The input may contain sensitive information', 'copyright'])(
    'was moderated when it says: %s',
    async (message) => {
      const moderated = { value: { state: 'failed', fault: { code: 'moderated' } } }
      expect(await check({ json: enveloped(aFailure({}, { message })) })).toMatchObject(moderated)
      expect(await check({ status: 501, json: { code: 501, message } })).toMatchObject(moderated)
    },
  )

  it('has lost a task that is not found', async () => {
    for (const reply of saying(404))
      expect(await check(reply)).toMatchObject({ fault: { code: 'task_lost' } })
  })

  it.each([
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'auth'],
    [429, 'rate_limited'],
    [455, 'maintenance'],
    [500, 'unavailable'],
    [505, 'not_entitled'],
  ])('is told nothing of the task by %i: %s', async (code, expected) => {
    for (const reply of saying(code)) expect(await check(reply)).toMatchObject({ fault: { code: expected } })
  })
})
