/** One result that is named twice is one: in every shape of an answer or a webhook, at every provider. */
import { describe, expect, it } from 'vitest'
import { aTask, taskId } from './a-submission.ts'
import { aCompletion, anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun, aSuccess as aCrunSuccess, videoUrl as crunUrl, enveloped } from './crun/a-crun.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from './runware/a-runware.ts'
import { anAsset, aScenario, aSuccess as aScenarioSuccess } from './scenario/a-scenario.ts'

async function standing(wanted: number, json: unknown, awaitsUpload = false) {
  const checked = await aRunware({ json }).provider.getStatus(aTask({ wanted, awaitsUpload }))
  if (!checked.ok) throw new Error(checked.fault.message)
  return checked.value
}

const [a, b] = [aSuccess(1), aSuccess(2)]
const nameless = (n: number) => aSuccess(n, { videoUUID: undefined })
const withoutUrl = aSuccess(1, { videoURL: undefined })
const cost = { amount_usd: 0.18, source: 'provider' }

/** The same items in each documented shape of an answer. */
function shapesOf(items: unknown[]): [string, unknown][] {
  return [
    ['data', { data: items }],
    ['data beside no errors', { data: items, errors: [] }],
    ['an array', items],
  ]
}

describe.each([
  ['named twice', [a, a]],
  ['named three times', [a, a, a]],
  ['named with another seed and no cost', [aSuccess(1, { seed: 7, cost: null }), a]],
  ['named again as processing', [a, anItem({ videoUUID: 'video-1', status: 'processing' })]],
  ['named first without its URL', [withoutUrl, a]],
  ['named last without its URL', [a, withoutUrl]],
  ['named again by its URL alone', [a, nameless(1)]],
  ['named first by its URL alone', [nameless(1), a]],
])('a result of Runware that is %s', (_, items) => {
  it.each(shapesOf(items))('is one of one, and is paid once (%s)', async (__, json) => {
    expect(await standing(1, json)).toEqual({ state: 'done', outputs: [anOutput(1)], faults: [], cost })
  })

  it.each(shapesOf(items))('leaves the other of two to be waited for (%s)', async (__, json) => {
    expect(await standing(2, json)).toMatchObject({ state: 'pending', finished: [anOutput(1)], faults: [] })
  })

  it.each(shapesOf([...items, b]))('is one of two (%s)', async (__, json) => {
    expect(await standing(2, json)).toMatchObject({
      state: 'done',
      outputs: [anOutput(1), anOutput(2)],
      cost: { amount_usd: 0.36 },
    })
  })
})

describe('Runware', () => {
  it('counts results without names by their URLs', async () => {
    const url = String(nameless(1).videoURL)
    expect(await standing(2, [nameless(1), nameless(1)])).toMatchObject({
      state: 'pending',
      finished: [{ id: url, url }],
    })
    expect(await standing(2, [nameless(1), nameless(2)])).toMatchObject({ state: 'done' })
  })

  it('takes the end of an upload and its result for one', async () => {
    const ended = anItem({ status: 'success', cost: 0.18 })
    for (const items of [
      [ended, a],
      [a, ended],
      [ended, withoutUrl],
    ]) {
      const outcome = await standing(1, items, true)
      expect(outcome).toMatchObject({ state: 'done', outputs: [{ id: 'video-1' }], cost })
    }
  })

  it('counts an error once that is listed in both places', async () => {
    const inData = anItem({ status: 'error', error: { code: 'providerError', message: 'No.' } })
    const inErrors = anItem({ code: 'providerError', message: 'No.' })
    expect(await standing(2, { data: [inData], errors: [inErrors] })).toMatchObject({
      state: 'pending',
      faults: [{}],
    })
    expect(await standing(2, { data: [inData, a], errors: [inErrors] })).toMatchObject({
      state: 'done',
      outputs: [anOutput(1)],
      faults: [{}],
    })
  })

  it('counts two errors of one list as two, for they have no names', async () => {
    expect(await standing(2, { data: [], errors: [aFailedItem(), aFailedItem()] })).toMatchObject({
      state: 'failed',
    })
  })

  it('takes a result that is named for made, whatever else is said of it', async () => {
    const error = aFailedItem({ videoUUID: 'video-1' })
    expect(await standing(1, { data: [a], errors: [error] })).toMatchObject({
      state: 'done',
      outputs: [anOutput(1)],
      faults: [],
    })
  })
})

describe('elsewhere a task makes one', () => {
  it('at Crun, though its URL is listed twice', async () => {
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

  it('at Scenario, though its asset is listed twice', async () => {
    const { provider, sent } = aScenario(aScenarioSuccess(['asset_1', 'asset_1']), anAsset())
    const checked = await provider.getStatus(aTask({ provider: 'scenario', wanted: 2 }))
    expect(checked).toMatchObject({ value: { outputs: [{ id: 'asset_1' }] } })
    expect(sent).toHaveLength(2)
  })

  it('at AI/ML API', async () => {
    const { provider } = anAimlapi({ json: aCompletion() })
    expect(await provider.getStatus(aTask({ provider: 'aimlapi' }))).toMatchObject({
      value: { outputs: [{ id: taskId }], cost: { amount_usd: 0.06 } },
    })
  })
})
