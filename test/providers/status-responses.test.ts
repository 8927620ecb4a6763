/**
 * The meaning of a status response: HTTP statuses × bodies, for every provider. The body decides, if it is about our
 * task. The HTTP status of a response about the task decides nothing.
 */
import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from './a-submission.ts'
import { aCompletion, anAimlapi, anError, aProblem } from './aimlapi/a-aimlapi.ts'
import { aCrun, aFailure as aCrunFailure, aSuccess as aCrunSuccess, enveloped } from './crun/a-crun.ts'
import { aFal, aModelError, anOutput } from './fal/a-fal.ts'
import { aFailedItem, anItem, aRunware, aSuccess } from './runware/a-runware.ts'
import {
  anAsset,
  aScenario,
  aFailure as aScenarioFailure,
  aSuccess as aScenarioSuccess,
} from './scenario/a-scenario.ts'

const statuses = [200, 400, 401, 402, 403, 404, 408, 409, 422, 429, 455, 500, 502, 503]

type Body = Record<string, unknown>

const aFalStatus = { status: 'COMPLETED', request_id: taskId }

const providers = {
  runware: {
    poll: (reply: Reply) => aRunware(reply).provider.getStatus(aTask()),
    refused: (status: number) => ({
      data: [],
      errors: [
        {
          code: status === 404 ? 'taskNotFound' : 'invalidRequest',
          message: '…',
          taskType: 'getResponse',
          taskUUID: taskId,
        },
      ],
    }),
    failed: { data: [], errors: [aFailedItem()] } as Body,
    done: { data: [aSuccess()] } as Body,
    ofAnotherTask: {
      data: [aSuccess(1, { taskUUID: 'another' })],
      errors: [aFailedItem({ taskUUID: 'third' })],
    },
  },
  crun: {
    poll: (reply: Reply) => aCrun(reply).provider.getStatus(aTask({ provider: 'crun' })),
    refused: (status: number) => ({ code: status === 200 ? 422 : status, message: '…' }),
    failed: enveloped(aCrunFailure()) as Body,
    done: enveloped(aCrunSuccess()) as Body,
    ofAnotherTask: enveloped(aCrunSuccess({ task_id: 'another' })),
  },
  scenario: {
    poll: (reply: Reply) => aScenario(reply, anAsset()).provider.getStatus(aTask({ provider: 'scenario' })),
    refused: () => ({ error: '…', reason: '…', traceId: 't-1' }),
    failed: aScenarioFailure().json as Body,
    done: aScenarioSuccess().json as Body,
    ofAnotherTask: { job: { ...(aScenarioSuccess().json as { job: Body }).job, jobId: 'another' } },
  },
  aimlapi: {
    poll: (reply: Reply) => anAimlapi(reply).provider.getStatus(aTask({ provider: 'aimlapi' })),
    refused: (status: number) => aProblem(status).json as Body,
    failed: anError(),
    done: aCompletion(),
    ofAnotherTask: aCompletion({ id: 'another' }),
  },
  // A completed request takes two calls. The same body answers both.
  fal: {
    poll: (reply: Reply) => aFal(reply).provider.getStatus(aTask({ provider: 'fal' })),
    refused: () => ({ detail: '…' }),
    failed: { ...aFalStatus, ...aModelError('downstream_service_error') } as Body,
    done: { ...aFalStatus, ...anOutput } as Body,
    ofAnotherTask: { ...aFalStatus, request_id: 'another', ...anOutput },
  },
}

describe.each(Object.entries(providers))(
  'a status response of %s',
  (_, { poll, refused, failed, done, ofAnotherTask }) => {
    describe.each(statuses)('with HTTP status %i', (status) => {
      it('reports the video of our task', async () => {
        expect(await poll({ status, json: done })).toMatchObject({ ok: true, value: { state: 'done' } })
      })

      it('reports the failure of our task', async () => {
        expect(await poll({ status, json: failed })).toMatchObject({ ok: true, value: { state: 'failed' } })
      })

      it('reports nothing about the task if the request is refused', async () => {
        const result = await poll({ status, json: refused(status) })
        expect(result).toMatchObject({ ok: false })
        expect(!result.ok && result.fault.code === 'task_lost').toBe(status === 404)
      })

      it.each([
        ['HTML', '<html>Sorry</html>'],
        ['an empty body', ''],
        ['a truncated body', '{"data":[{"task'],
      ])('reports nothing from %s and does not treat the task as lost', async (__, text) => {
        const result = await poll({ status, text })
        expect(result).toMatchObject({ ok: false })
        expect(result).not.toMatchObject({ fault: { code: 'task_lost' } })
      })

      it.each([
        ['an empty object', {}],
        ['a response about another task', ofAnotherTask],
      ])('reports nothing from %s', async (__, json) => {
        expect(await poll({ status, json })).toMatchObject({ ok: false })
      })
    })
  },
)

describe('an error of Runware', () => {
  const poll = (status: number, error: Body) =>
    aRunware({ status, json: { data: [], errors: [error] } }).provider.getStatus(aTask())
  const ofRequest = { message: '…', taskType: 'getResponse', taskUUID: taskId }
  const untyped = { message: '…', taskUUID: taskId }

  it.each([
    ['invalidTaskUUID', ofRequest],
    ['conflictTaskUUID', ofRequest],
    ['missingParameter', ofRequest],
    ['unsupportedParameter', ofRequest],
    ['invalidApiKey', ofRequest],
    ['insufficientCredits', ofRequest],
    ['rateLimitExceeded', ofRequest],
    ['internalServerError', ofRequest],
    ['undocumented', ofRequest],
    ['invalidTaskUUID', untyped],
    ['invalidApiKey', untyped],
    ['unauthorized', untyped],
    ['insufficientCredits', untyped],
    ['exceededQuota', untyped],
    ['rateLimitExceeded', untyped],
    ['internalServerError', untyped],
    ['serviceUnavailable', untyped],
    ['providerError', { message: '…' }],
  ])('is about the status request: %s with %j', async (code, error) => {
    for (const status of statuses) expect(await poll(status, { ...error, code })).toMatchObject({ ok: false })
  })

  it.each([
    ['timeoutProvider', anItem()],
    ['invalidReferenceImage', anItem()],
    ['insufficientCredits', anItem()],
    ['undocumented', anItem()],
    ['contentPolicyViolation', ofRequest],
    ['providerError', ofRequest],
    ['taskCancelled', ofRequest],
    ['inferenceTimeout', ofRequest],
    ['providerError', untyped],
    ['promptBlocked', untyped],
    ['downloadFailed', untyped],
    ['undocumented', untyped],
  ])('is about the task: %s with %j', async (code, error) => {
    for (const status of statuses) {
      expect(await poll(status, { ...error, code })).toMatchObject({ ok: true, value: { state: 'failed' } })
    }
  })
})

describe('Crun', () => {
  const { poll } = providers.crun

  it.each(statuses)('reports a failed generation by its code with HTTP status %i, too', async (status) => {
    const json = { code: 501, message: 'Generation Failed' }
    expect(await poll({ status, json })).toMatchObject({ ok: true, value: { state: 'failed' } })
  })

  it('does not report a failed generation because of a 501 from a gateway', async () => {
    expect(await poll({ status: 501, text: '<html>Not Implemented</html>' })).toMatchObject({ ok: false })
  })
})
