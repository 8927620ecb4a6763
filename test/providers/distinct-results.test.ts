/** A result that is mentioned twice counts once, in every shape of a response or a webhook, at every provider. */
import { describe, expect, it } from 'vitest'
import { aTask, taskId } from './a-submission.ts'
import { aCompletion, anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun, aSuccess as aCrunSuccess, videoUrl as crunUrl, enveloped } from './crun/a-crun.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from './runware/a-runware.ts'
import { anAsset, aScenario, aSuccess as aScenarioSuccess } from './scenario/a-scenario.ts'

async function outcomeOf(wanted: number, json: unknown, awaitsUpload = false) {
  const status = await aRunware({ json }).provider.getStatus(aTask({ wanted, awaitsUpload }))
  if (!status.ok) throw new Error(status.fault.message)
  return status.value
}

const [a, b] = [aSuccess(1), aSuccess(2)]
const unnamed = (n: number) => aSuccess(n, { videoUUID: undefined })
const withoutUrl = aSuccess(1, { videoURL: undefined })
const cost = { amount_usd: 0.18, source: 'provider' }

/** The same items in each documented shape of a response. */
function shapesOf(items: unknown[]): [string, unknown][] {
  return [
    ['data', { data: items }],
    ['data and no errors', { data: items, errors: [] }],
    ['an array', items],
  ]
}

describe.each([
  ['listed twice', [a, a]],
  ['listed three times', [a, a, a]],
  ['listed again with another seed and no cost', [aSuccess(1, { seed: 7, cost: null }), a]],
  ['listed again as processing', [a, anItem({ videoUUID: 'video-1', status: 'processing' })]],
  ['listed first without its URL', [withoutUrl, a]],
  ['listed last without its URL', [a, withoutUrl]],
  ['listed again with its URL but no id', [a, unnamed(1)]],
  ['listed first with its URL but no id', [unnamed(1), a]],
])('a result of Runware that is %s', (_, items) => {
  it.each(shapesOf(items))('counts once and is paid once (%s)', async (__, json) => {
    expect(await outcomeOf(1, json)).toEqual({ state: 'done', outputs: [anOutput(1)], faults: [], cost })
  })

  it.each(shapesOf(items))('leaves the second of two results pending (%s)', async (__, json) => {
    expect(await outcomeOf(2, json)).toMatchObject({ state: 'pending', finished: [anOutput(1)], faults: [] })
  })

  it.each(shapesOf([...items, b]))('counts as one of two (%s)', async (__, json) => {
    expect(await outcomeOf(2, json)).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2)],
      cost: { amount_usd: 0.36 },
    })
  })
})

describe('Runware', () => {
  it('counts results without ids by their URLs', async () => {
    const url = String(unnamed(1).videoURL)
    expect(await outcomeOf(2, [unnamed(1), unnamed(1)])).toMatchObject({
      state: 'pending',
      finished: [{ id: url, url }],
    })
    expect(await outcomeOf(2, [unnamed(1), unnamed(2)])).toMatchObject({ state: 'done' })
  })

  it('counts the end of an upload and its result as one', async () => {
    const ended = anItem({ status: 'success', cost: 0.18 })
    for (const items of [
      [ended, a],
      [a, ended],
      [ended, withoutUrl],
    ]) {
      const outcome = await outcomeOf(1, items, true)
      expect(outcome).toMatchObject({ state: 'done', outputs: [{ id: 'video-1' }], cost })
    }
  })

  it('counts an error that is in data and in errors once', async () => {
    const inData = anItem({ status: 'error', error: { code: 'providerError', message: 'No.' } })
    const inErrors = anItem({ code: 'providerError', message: 'No.' })
    expect(await outcomeOf(2, { data: [inData], errors: [inErrors] })).toMatchObject({
      state: 'pending',
      faults: [{}],
    })
    expect(await outcomeOf(2, { data: [inData, a], errors: [inErrors] })).toMatchObject({
      state: 'done',
      outputs: [anOutput(1)],
      faults: [{}],
    })
  })

  it('counts two equal errors of one list as two, since errors have no ids', async () => {
    expect(await outcomeOf(2, { data: [], errors: [aFailedItem(), aFailedItem()] })).toMatchObject({
      state: 'failed',
    })
  })

  it('counts a result with a video as finished, even with an error about the same id', async () => {
    const error = aFailedItem({ videoUUID: 'video-1' })
    expect(await outcomeOf(1, { data: [a], errors: [error] })).toMatchObject({
      state: 'done',
      outputs: [anOutput(1)],
      faults: [],
    })
  })
})

describe('one task makes one result', () => {
  it('at Crun, even if its URL is listed twice', async () => {
    const json = enveloped(aCrunSuccess({}, { media_urls: [crunUrl, crunUrl] }))
    expect(await aCrun({ json }).provider.getStatus(aTask({ provider: 'crun' }))).toEqual({
      ok: true,
      value: {
        state: 'done',
        outputs: [{ id: taskId, url: crunUrl }],
        faults: [],
        cost: { credits: 38, source: 'provider' },
      },
    })
  })

  it('at Scenario, even if its asset is listed twice', async () => {
    const { provider, sent } = aScenario(aScenarioSuccess(['asset_1', 'asset_1']), anAsset())
    const status = await provider.getStatus(aTask({ provider: 'scenario', wanted: 2 }))
    expect(status).toMatchObject({ value: { outputs: [{ id: 'asset_1' }] } })
    expect(sent).toHaveLength(2)
  })

  it('at AI/ML API', async () => {
    const { provider } = anAimlapi({ json: aCompletion() })
    expect(await provider.getStatus(aTask({ provider: 'aimlapi' }))).toMatchObject({
      value: { outputs: [{ id: taskId }], cost: { amount_usd: 0.06 } },
    })
  })
})
