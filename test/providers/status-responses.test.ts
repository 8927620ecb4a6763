/**
 * What an answer to a status question proves: HTTP statuses × bodies, for every provider. The body decides, by what it
 * says and whether it names our task; the HTTP status of an answer about the task decides nothing.
 */
import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from './a-submission.ts'
import { aCompletion, anAimlapi, anError, aProblem } from './aimlapi/a-aimlapi.ts'
import { aCrun, aFailure as aCrunFailure, aSuccess as aCrunSuccess, enveloped } from './crun/a-crun.ts'
import { aFailedItem, anItem, aRunware, aSuccess } from './runware/a-runware.ts'
import {
  anAsset,
  aScenario,
  aFailure as aScenarioFailure,
  aSuccess as aScenarioSuccess,
} from './scenario/a-scenario.ts'

const statuses = [200, 400, 401, 402, 403, 404, 408, 409, 422, 429, 455, 500, 502, 503]

type Body = Record<string, unknown>

const providers = {
  runware: {
    check: (reply: Reply) => aRunware(reply).provider.getStatus(aTask()),
    refused: (status: number) => ({
      data: [],
      errors: [
        {
          ...{ code: status === 404 ? 'taskNotFound' : 'invalidRequest', message: '…' },
          ...{ taskType: 'getResponse', taskUUID: taskId },
        },
      ],
    }),
    failed: { data: [], errors: [aFailedItem()] } as Body,
    made: { data: [aSuccess()] } as Body,
    ofAnother: { data: [aSuccess(1, { taskUUID: 'another' })], errors: [aFailedItem({ taskUUID: 'third' })] },
  },
  crun: {
    check: (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' })),
    refused: (status: number) => ({ code: status === 200 ? 422 : status, message: '…' }),
    failed: enveloped(aCrunFailure()) as Body,
    made: enveloped(aCrunSuccess()) as Body,
    ofAnother: enveloped(aCrunSuccess({ task_id: 'another' })),
  },
  scenario: {
    check: (reply: Reply) => aScenario(reply, anAsset()).provider.getStatus(aTask({ provider: 'scenario' })),
    refused: () => ({ error: '…', reason: '…', traceId: 't-1' }),
    failed: aScenarioFailure().json as Body,
    made: aScenarioSuccess().json as Body,
    ofAnother: { job: { ...(aScenarioSuccess().json as { job: Body }).job, jobId: 'another' } },
  },
  aimlapi: {
    check: (reply: Reply) => anAimlapi(reply).provider.getStatus(aTask({ provider: 'aimlapi' })),
    refused: (status: number) => aProblem(status).json as Body,
    failed: anError(),
    made: aCompletion(),
    ofAnother: aCompletion({ id: 'another' }),
  },
}

describe.each(Object.entries(providers))('%s', (_, { check, refused, failed, made, ofAnother }) => {
  describe.each(statuses)('under %i', (status) => {
    it('takes a video that is named in an answer about our task', async () => {
      expect(await check({ status, json: made })).toMatchObject({ ok: true, value: { state: 'done' } })
    })

    it('takes a failure that names our task', async () => {
      expect(await check({ status, json: failed })).toMatchObject({ ok: true, value: { state: 'failed' } })
    })

    it('learns nothing of the task when the question is refused', async () => {
      const answer = await check({ status, json: refused(status) })
      expect(answer).toMatchObject({ ok: false })
      expect(!answer.ok && answer.fault.code === 'task_lost').toBe(status === 404)
    })

    it.each([
      ['no JSON', '<html>Sorry</html>'],
      ['nothing', ''],
      ['cut off', '{"data":[{"task'],
    ])('learns nothing from %s, and does not take the task for lost', async (__, text) => {
      const answer = await check({ status, text })
      expect(answer).toMatchObject({ ok: false })
      expect(answer).not.toMatchObject({ fault: { code: 'task_lost' } })
    })

    it.each([
      ['an empty object', {}],
      ['an answer about another task', ofAnother],
    ])('learns nothing from %s', async (__, json) => {
      expect(await check({ status, json })).toMatchObject({ ok: false })
    })
  })
})

describe('what an error of Runware is about', () => {
  const check = (status: number, error: Body) =>
    aRunware({ status, json: { data: [], errors: [error] } }).provider.getStatus(aTask())
  const ofQuestion = { message: '…', taskType: 'getResponse', taskUUID: taskId }
  const untyped = { message: '…', taskUUID: taskId }

  it.each([
    ['invalidTaskUUID', ofQuestion],
    ['conflictTaskUUID', ofQuestion],
    ['missingParameter', ofQuestion],
    ['unsupportedParameter', ofQuestion],
    ['invalidApiKey', ofQuestion],
    ['insufficientCredits', ofQuestion],
    ['rateLimitExceeded', ofQuestion],
    ['internalServerError', ofQuestion],
    ['unheardOf', ofQuestion],
    ['invalidTaskUUID', untyped],
    ['invalidApiKey', untyped],
    ['unauthorized', untyped],
    ['insufficientCredits', untyped],
    ['exceededQuota', untyped],
    ['rateLimitExceeded', untyped],
    ['internalServerError', untyped],
    ['serviceUnavailable', untyped],
    ['providerError', { message: '…' }],
  ])('is the question: %s of %j', async (code, error) => {
    for (const status of statuses)
      expect(await check(status, { ...error, code })).toMatchObject({ ok: false })
  })

  it.each([
    ['timeoutProvider', anItem()],
    ['invalidReferenceImage', anItem()],
    ['insufficientCredits', anItem()],
    ['unheardOf', anItem()],
    ['contentPolicyViolation', ofQuestion],
    ['providerError', ofQuestion],
    ['taskCancelled', ofQuestion],
    ['inferenceTimeout', ofQuestion],
    ['providerError', untyped],
    ['promptBlocked', untyped],
    ['downloadFailed', untyped],
    ['unheardOf', untyped],
  ])('is the task: %s of %j', async (code, error) => {
    for (const status of statuses) {
      expect(await check(status, { ...error, code })).toMatchObject({ ok: true, value: { state: 'failed' } })
    }
  })
})

describe('Crun', () => {
  const { check } = providers.crun

  it.each(statuses)('takes its code for a failed generation, under %i too', async (status) => {
    const json = { code: 501, message: 'Generation Failed' }
    expect(await check({ status, json })).toMatchObject({ ok: true, value: { state: 'failed' } })
  })

  it('does not take the 501 of a gateway for a failed generation', async () => {
    expect(await check({ status: 501, text: '<html>Not Implemented</html>' })).toMatchObject({ ok: false })
  })
})
