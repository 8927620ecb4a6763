/** What no provider may do to us, whatever it answers: throw, claim what it did not say, or give a key away. */
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { costSchema } from '../../src/core/cost.ts'
import { type Fault, faults, type Result, readFault } from '../../src/core/fault.ts'
import type { Outcome, Provider } from '../../src/providers/provider.ts'
import { aLostSubmission, aNetwork, aSubmission, aTask, type Reply, taskId } from './a-submission.ts'
import type { Candidate } from './contract.ts'

const brokenAnswers: [string, Reply][] = [
  ['the connection breaks', new TypeError('Network connection lost.')],
  ['the time runs out', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['the answer is a 500', { status: 500, json: {} }],
  ['the answer is a 502 of a gateway', { status: 502, text: '<html>Bad Gateway</html>' }],
  ['the answer is a 503', { status: 503, text: '' }],
  ['the answer is a 504', { status: 504, text: 'upstream timed out' }],
  ['the answer is empty', { text: '' }],
  ['the answer is cut off', { text: '[{"taskUUID":"0b2b' }],
  ['the answer is a page', { text: '<html>Welcome</html>' }],
]

const fuzzRuns = inject('fuzzRuns')

export function survivesAnyAnswer({ apiKey, create, answers }: Candidate): void {
  const told = (reply: Reply): Provider => create(aNetwork(reply).fetch)
  const task = aTask({ provider: told(answers.accepted).name })

  describe('keeps the contract: hostile', () => {
    it.each(brokenAnswers)('does not know whether a task was bought when %s', async (_, reply) => {
      expect(await told(reply).submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
    })

    it.each(brokenAnswers)('may ask again when %s', async (_, reply) => {
      const checked = await told(reply).getStatus(task)
      expect(checked).toMatchObject({ ok: false })
      if (!checked.ok) expect(faults[checked.fault.code].retry).toBe('later')
    })

    if (told(answers.accepted).findSubmission !== undefined) {
      it.each(brokenAnswers)('finds nothing out when %s', async (_, reply) => {
        expect(await told(reply).findSubmission?.(aLostSubmission())).toMatchObject({ ok: false })
      })
    }

    it('does not know whether a task was bought when the body breaks off', async () => {
      const broken = async () =>
        new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('reset')) }))
      const provider = create(broken)
      expect(await provider.submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
      expect(await provider.getStatus(task)).toMatchObject({ fault: { code: 'unavailable' } })
    })

    it('makes an outcome or a fault of any JSON, keeps it as JSON, and never throws', async () => {
      await fc.assert(
        fc.asyncProperty(anyAnswer(apiKey), async ({ status, json }) => {
          const provider = told({ status, json })
          const submitted = await provider.submit(aSubmission())
          const checked = await provider.getStatus(task)
          const found = await provider.findSubmission?.(aLostSubmission())
          const priced = await provider.estimate?.(aSubmission().request)
          const items = provider.parseWebhook?.(json) ?? []
          const spoken = [
            ...faultsIn(submitted),
            ...faultsIn(found),
            ...faultsIn(priced),
            ...faultsOfCheck(checked),
            ...items.flatMap(({ outcome }) => faultsOfOutcome(outcome)),
          ]
          for (const fault of spoken) {
            expect(fault.message).not.toContain(apiKey)
            expect(readFault(JSON.stringify(fault))).toEqual(fault)
          }
          if (priced?.ok) expect(costSchema.parse(priced.value)).toEqual(priced.value)
          for (const { providerTaskId } of items) expect(typeof providerTaskId).toBe('string')
        }),
        { numRuns: fuzzRuns },
      )
    })

    it('makes a list of items of any webhook at all', () => {
      const { parseWebhook: read } = told(answers.accepted)
      fc.assert(
        fc.property(fc.anything(), (body) => {
          expect(Array.isArray(read?.(body) ?? [])).toBe(true)
        }),
      )
    })

    it('tells a progress between 0 and 100, or none', async () => {
      await fc.assert(
        fc.asyncProperty(anyAnswer(apiKey), async ({ json }) => {
          const checked = await told({ json }).getStatus(task)
          const progress = checked.ok && checked.value.state === 'pending' ? (checked.value.progress ?? 0) : 0
          expect(progress >= 0 && progress <= 100).toBe(true)
        }),
        { numRuns: fuzzRuns },
      )
    })

    it('keeps its key out of what it says of an error that holds it', async () => {
      const leak = told(new Error(`could not send authorization: Bearer ${apiKey}`))
      for (const result of [await leak.submit(aSubmission()), await leak.getStatus(task)]) {
        expect(result.ok).toBe(false)
        expect(result.ok || result.fault.message).not.toContain(apiKey)
      }
    })
  })
}

/** Any JSON, and JSON made of the words that providers use; some of it holds the key, as an echo would. */
function anyAnswer(apiKey: string): fc.Arbitrary<{ status: number; json: unknown }> {
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
    ),
    fc.constant(`the key ${apiKey} is not valid`),
    fc.constantFrom(200, 401, 404, 501, -1, 1e308, true, null),
    fc.webUrl(),
    fc.string(),
  )
  const { node } = fc.letrec<{ node: unknown }>((tie) => {
    const object = fc.dictionary(fc.constantFrom(...words, ...more, ...others, ...logged), tie('node'), {
      maxKeys: 6,
    })
    const ours = object.map((fields) => ({
      taskUUID: taskId,
      task_id: taskId,
      id: taskId,
      jobId: taskId,
      ...fields,
    }))
    const list = fc.array(tie('node'), { maxLength: 3 })
    return { node: fc.oneof({ depthSize: 'medium' }, value, list, object, ours) }
  })
  const wrapped = fc.dictionary(
    fc.constantFrom('data', 'errors', 'error', 'code', 'job', 'jobs', 'asset', 'status'),
    fc.oneof(node, fc.array(node)),
  )
  const json = fc.oneof(fc.jsonValue(), node, wrapped).map((made) => JSON.parse(JSON.stringify(made)))
  return fc.record({ status: fc.constantFrom(...statuses), json })
}

function faultsIn(result: Result<unknown> | undefined): Fault[] {
  return result === undefined || result.ok ? [] : [result.fault]
}

function faultsOfCheck(result: Result<Outcome>): Fault[] {
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
