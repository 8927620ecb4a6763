/** The reason of a failed generation, from a status and from a webhook: blocked, timed out, canceled or failed. */
import { describe, expect, it } from 'vitest'
import { faults } from '../../src/core/fault.ts'
import type { Outcome, Provider } from '../../src/providers/provider.ts'
import { aSubmission, aTask, type Reply } from './a-submission.ts'
import { anAimlapi, anError } from './aimlapi/a-aimlapi.ts'
import { aCrun, aFailure as aCrunFailure, enveloped } from './crun/a-crun.ts'
import { aFailedItem, aRunware } from './runware/a-runware.ts'
import { aJob, aScenario, aFailure as aScenarioFailure } from './scenario/a-scenario.ts'

async function outcomeAt(provider: Provider): Promise<Outcome> {
  const status = await provider.getStatus(aTask({ provider: provider.name }))
  if (!status.ok) throw new Error(status.fault.message)
  return status.value
}

describe('a failed generation at Runware', () => {
  it.each([
    ['timeoutProvider', '…', 'provider_timeout', 'The generation timed out at Runware (timeoutProvider).'],
    ['inferenceTimeout', '…', 'provider_timeout', 'The generation timed out at Runware (inferenceTimeout).'],
    [
      'providerError',
      'It timed out',
      'provider_timeout',
      'The generation timed out at Runware (providerError).',
    ],
    ['taskCancelled', '…', 'provider_canceled', 'The generation was canceled at Runware (taskCancelled).'],
    ['taskCanceled', '…', 'provider_canceled', 'The generation was canceled at Runware (taskCanceled).'],
    ['providerError', '…', 'generation_failed', 'Runware could not make the video (providerError).'],
    ['promptBlocked', '…', 'moderated', 'Runware blocked the content (promptBlocked).'],
    ['the key rw-secret is wrong', '…', 'generation_failed', 'Runware could not make the video.'],
    [undefined, '…', 'generation_failed', 'Runware could not make the video.'],
  ])('with the code %s and the message "%s" is %s', async (code, message, expected, shown) => {
    const item = aFailedItem({ code, message })
    const { provider } = aRunware({ json: { data: [], errors: [item] } })
    const failed = { state: 'failed', fault: { code: expected, message: shown } }
    expect(await outcomeAt(provider)).toMatchObject(failed)
    expect(provider.parseWebhook?.({ errors: [item] })).toMatchObject([{ outcome: failed }])
  })
})

describe('a failed generation at Crun', () => {
  it.each([
    ['The generation timed out', 'provider_timeout', 'The generation timed out at Crun (501).'],
    ['Upstream timeout', 'provider_timeout', 'The generation timed out at Crun (501).'],
    ['The task was cancelled', 'provider_canceled', 'The generation was canceled at Crun (501).'],
    ['No luck', 'generation_failed', 'Crun could not make the video (501).'],
    ['Blocked by moderation', 'moderated', 'Crun blocked the content (501).'],
  ])('with the message "%s" is %s', async (message, expected, shown) => {
    const info = aCrunFailure({}, { message })
    const failed = { state: 'failed', fault: { code: expected, message: shown } }
    const { provider } = aCrun({ json: enveloped(info) })
    expect(await outcomeAt(provider)).toMatchObject(failed)
    expect(provider.parseWebhook?.(info)).toMatchObject([{ outcome: failed }])
    expect(await outcomeAt(aCrun({ status: 501, json: { code: 501, message } }).provider)).toMatchObject(
      failed,
    )
  })

  it.each(['The generation timed out', 'The task was canceled'])(
    'is not retryable if it is the response to a submission: "%s"',
    async (message) => {
      const reply: Reply = { status: 501, json: { code: 501, message } }
      expect(await aCrun(reply).provider.submit(aSubmission())).toMatchObject({
        fault: { code: 'generation_failed' },
      })
    },
  )
})

describe('a failed generation at Scenario', () => {
  it.each([
    [
      aScenarioFailure('The generation timed out'),
      'provider_timeout',
      'The generation timed out at Scenario.',
    ],
    [aScenarioFailure('Job canceled'), 'provider_canceled', 'The generation was canceled at Scenario.'],
    [aJob({ status: 'canceled' }), 'provider_canceled', 'The generation was canceled at Scenario.'],
    [aScenarioFailure('No luck'), 'generation_failed', 'Scenario could not make the video.'],
  ])('as %j is %s', async (reply, expected, shown) => {
    expect(await outcomeAt(aScenario(reply).provider)).toMatchObject({
      state: 'failed',
      fault: { code: expected, message: shown },
      cost: { credits: 0 },
    })
  })
})

describe('a failed generation at AI/ML API', () => {
  it.each([
    ['TimeoutError', '…', 'provider_timeout', 'The generation timed out at AI/ML API (TimeoutError).'],
    ['Error', 'It timed out', 'provider_timeout', 'The generation timed out at AI/ML API (Error).'],
    ['Canceled', '…', 'provider_canceled', 'The generation was canceled at AI/ML API (Canceled).'],
    ['ProviderError', '…', 'generation_failed', 'AI/ML API could not make the video (ProviderError).'],
    ['ContentPolicyViolation', '', 'moderated', 'AI/ML API blocked the content (ContentPolicyViolation).'],
    ['<name>', '<message>', 'generation_failed', 'AI/ML API could not make the video.'],
  ])('with the name %s and the message "%s" is %s', async (name, message, expected, shown) => {
    const { provider } = anAimlapi({ json: anError({ name, message }) })
    expect(await outcomeAt(provider)).toMatchObject({ fault: { code: expected, message: shown } })
  })
})

describe('the fault of a failed generation', () => {
  it.each([
    ['provider_timeout', 'later'],
    ['provider_canceled', 'later'],
    ['generation_failed', 'never'],
  ] as const)('%s allows a retry %s, and no failover', (code, retry) => {
    expect(faults[code]).toMatchObject({ retry, failover: 'no' })
  })
})
