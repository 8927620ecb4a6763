/** No adapter may throw, report what the provider did not, or reveal a key, whatever the provider returns. */
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { costSchema } from '../../src/core/cost.ts'
import { type Fault, faults, type Result, readFault } from '../../src/core/fault.ts'
import type { Outcome, Provider } from '../../src/providers/provider.ts'
import { aLostSubmission, aNetwork, aSubmission, aTask, type Reply, taskId } from './a-submission.ts'
import type { Candidate } from './contract.ts'

const brokenResponses: [string, Reply][] = [
  ['the connection breaks', new TypeError('Network connection lost.')],
  ['the call times out', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['the response is a 500', { status: 500, json: {} }],
  ['the response is a 502 from a gateway', { status: 502, text: '<html>Bad Gateway</html>' }],
  ['the response is a 503', { status: 503, text: '' }],
  ['the response is a 504', { status: 504, text: 'upstream timed out' }],
  ['the response is empty', { text: '' }],
  ['the response is cut off', { text: '[{"taskUUID":"0b2b' }],
  ['the response is HTML', { text: '<html>Welcome</html>' }],
]

const fuzzRuns = inject('fuzzRuns')

export function survivesAnyResponse({ apiKey, create, replies }: Candidate): void {
  const given = (reply: Reply): Provider => create(aNetwork(reply).fetch)
  const task = aTask({ provider: given(replies.accepted).name })

  const tasks = [{ providerTaskId: null, model: 'seedance-2.0-mini' as const }]

  describe('keeps the contract: hostile', () => {
    it.each(brokenResponses)('reports an unknown outcome of a submission when %s', async (_, reply) => {
      expect(await given(reply).submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
    })

    it.each(brokenResponses)('may poll again when %s', async (_, reply) => {
      const status = await given(reply).getStatus(task)
      expect(status).toMatchObject({ ok: false })
      if (!status.ok) expect(faults[status.fault.code].retry).toBe('later')
    })

    if (given(replies.accepted).findSubmission !== undefined) {
      it.each(brokenResponses)('does not decide a search for a submission when %s', async (_, reply) => {
        expect(await given(reply).findSubmission?.(aLostSubmission())).toMatchObject({ ok: false })
      })
    }

    it('reports an unknown outcome of a submission when the body breaks off', async () => {
      const broken = async () =>
        new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('reset')) }))
      const provider = create(broken)
      expect(await provider.submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
      expect(await provider.getStatus(task)).toMatchObject({ fault: { code: 'unavailable' } })
    })

    it('turns any JSON into an outcome or a fault that can be stored as JSON, and never throws', async () => {
      await fc.assert(
        fc.asyncProperty(anyResponse(apiKey), async (reply) => {
          const provider = given(reply)
          const submission = await provider.submit(aSubmission())
          const status = await provider.getStatus(task)
          const search = await provider.findSubmission?.(aLostSubmission())
          const estimate = await provider.estimate?.(aSubmission().request)
          const items = provider.parseWebhook?.(reply.json, tasks) ?? []
          const reported = [
            ...faultsIn(submission),
            ...faultsIn(search),
            ...faultsIn(estimate),
            ...faultsOfStatus(status),
            ...items.flatMap(({ outcome }) => faultsOfOutcome(outcome)),
          ]
          for (const fault of reported) {
            expect(fault.message).not.toContain(apiKey)
            expect(readFault(JSON.stringify(fault))).toEqual(fault)
          }
          if (estimate?.ok) expect(costSchema.parse(estimate.value)).toEqual(estimate.value)
          for (const { providerTaskId } of items) expect(typeof providerTaskId).toBe('string')
        }),
        { numRuns: fuzzRuns },
      )
    })

    it('parses any webhook body into a list', () => {
      const { parseWebhook } = given(replies.accepted)
      fc.assert(
        fc.property(fc.anything(), (body) => {
          expect(Array.isArray(parseWebhook?.(body, tasks) ?? [])).toBe(true)
        }),
      )
    })

    it('reports a progress from 0 to 100, or none', async () => {
      await fc.assert(
        fc.asyncProperty(anyResponse(apiKey), async ({ json }) => {
          const status = await given({ json }).getStatus(task)
          const progress = status.ok && status.value.state === 'pending' ? (status.value.progress ?? 0) : 0
          expect(progress >= 0 && progress <= 100).toBe(true)
        }),
        { numRuns: fuzzRuns },
      )
    })

    it('does not repeat its key from the text of an error', async () => {
      const leak = given(new Error(`could not send authorization: Bearer ${apiKey}`))
      for (const result of [await leak.submit(aSubmission()), await leak.getStatus(task)]) {
        expect(result.ok).toBe(false)
        expect(result.ok || result.fault.message).not.toContain(apiKey)
      }
    })
  })
}

/** Any JSON, and JSON made of the words that providers use. Some of it contains the key, like an echo of the request. */
function anyResponse(apiKey: string): fc.Arbitrary<{ status: number; json: unknown }> {
  const statuses = [200, 202, 400, 401, 402, 403, 404, 408, 409, 422, 429, 455, 500, 501, 503, 505]
  const words = ['data', 'errors', 'error', 'result', 'code', 'message', 'status', 'taskUUID', 'task_id']
  const more = ['videoURL', 'videoUUID', 'media_urls', 'credits', 'cost', 'progress', 'parameter']
  const others = ['job', 'jobs', 'jobId', 'metadata', 'assetIds', 'asset', 'url', 'video', 'meta', 'usage']
  const logged = [
    'client_request_id',
    'inference_id',
    'created',
    'pagination',
    'input',
    'createdAt',
    'prompt',
  ]
  const queued = ['request_id', 'payload', 'detail', 'error_type', 'type', 'msg']
  const value = fc.oneof(
    fc.constantFrom(
      taskId,
      'success',
      'failed',
      'error',
      'processing',
      'running',
      'completed',
      'generating',
      'failure',
      'taskNotFound',
      'providerError',
      'COMPLETED',
      'OK',
      'ERROR',
    ),
    fc.constant(`the key ${apiKey} is not valid`),
    fc.constantFrom(200, 401, 404, 501, -1, 1e308, true, null),
    // fc.webUrl() takes seconds to build its first URL.
    fc.string().map((path) => `https://media.example.com/${encodeURIComponent(path)}`),
    fc.string(),
  )
  const { node } = fc.letrec<{ node: unknown }>((tie) => {
    const object = fc.dictionary(
      fc.constantFrom(...words, ...more, ...others, ...logged, ...queued),
      tie('node'),
      {
        maxKeys: 6,
      },
    )
    const ofTask = object.map((fields) => ({
      taskUUID: taskId,
      task_id: taskId,
      id: taskId,
      jobId: taskId,
      request_id: taskId,
      ...fields,
    }))
    const list = fc.array(tie('node'), { maxLength: 3 })
    return { node: fc.oneof({ depthSize: 'medium' }, value, list, object, ofTask) }
  })
  const envelope = fc.dictionary(
    fc.constantFrom('data', 'errors', 'error', 'code', 'job', 'jobs', 'asset', 'status'),
    fc.oneof(node, fc.array(node)),
  )
  const json = fc.oneof(fc.jsonValue(), node, envelope).map((value) => JSON.parse(JSON.stringify(value)))
  return fc.record({ status: fc.constantFrom(...statuses), json })
}

function faultsIn(result: Result<unknown> | undefined): Fault[] {
  return result === undefined || result.ok ? [] : [result.fault]
}

function faultsOfStatus(result: Result<Outcome>): Fault[] {
  return result.ok ? faultsOfOutcome(result.value) : [result.fault]
}

function faultsOfOutcome(outcome: Outcome): Fault[] {
  switch (outcome.state) {
    case 'pending':
    case 'done':
      return outcome.faults
    case 'failed':
      return [outcome.fault]
  }
}
