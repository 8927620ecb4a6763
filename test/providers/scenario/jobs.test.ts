import { describe, expect, it } from 'vitest'
import { aLostSubmission, nowMs, type Reply } from '../a-submission.ts'
import { aScenario } from './a-scenario.ts'

const minutes = 60_000
const intendedAt = nowMs - 10 * minutes
const prompt = 'A paper boat drifts down a rainy gutter'
const lost = aLostSubmission({}, { intendedAt })

const find = (...replies: [Reply, ...Reply[]]) => aScenario(...replies).provider.findSubmission?.(lost)

const found = { ok: true, value: { providerTaskId: 'job_ours' } }
const absent = { ok: true, value: 'not_found' }
const unknown = { ok: false, fault: { code: 'answer_lost' } }

/** A job made a second after ours was intended, with its words. */
function aListed(overrides: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) {
  return {
    jobId: 'job_ours',
    createdAt: new Date(intendedAt + 1_000).toISOString(),
    metadata: {
      modelId: 'model_bytedance-seedance-2-0-mini',
      input: { prompt, resolution: '720p' },
      ...metadata,
    },
    ...overrides,
  }
}

const another = aListed({ jobId: 'job_other' }, { input: { prompt: 'A kite' } })
const anOldOne = aListed({ jobId: 'job_old', createdAt: new Date(intendedAt - 6 * minutes).toISOString() })

function aList(jobs: unknown[], nextPaginationToken?: string): { json: unknown } {
  return { json: { jobs, ...(nextPaginationToken && { nextPaginationToken }) } }
}

describe('finding a lost submission', () => {
  it('reads the list page by page, with key and secret', async () => {
    const { provider, sent } = aScenario(aList([another], 'to&ken'), aList([aListed(), anOldOne]))
    expect(await provider.findSubmission?.(lost)).toEqual(found)
    expect(sent).toMatchObject([
      { method: 'GET', url: 'https://api.cloud.scenario.com/v1/jobs?pageSize=200' },
      { method: 'GET', url: 'https://api.cloud.scenario.com/v1/jobs?pageSize=200&paginationToken=to%26ken' },
    ])
  })

  it.each([
    ['alone', [aListed()]],
    ['among others', [another, aListed(), anOldOne]],
    ['without a model', [aListed({}, { modelId: undefined })]],
    ['with its words set otherwise', [aListed({}, { input: { prompt: `  ${prompt.replace(' ', '\n ')}` } })]],
  ])('finds the only job that it can be: %s', async (_, jobs) => {
    expect(await find(aList(jobs))).toEqual(found)
  })

  it('finds none that is known to be another submission', async () => {
    const { provider } = aScenario(aList([aListed()]))
    const heldAmong = async (ids: readonly string[]) => new Set(ids)
    expect(await provider.findSubmission?.({ ...lost, heldAmong })).toEqual(absent)
  })

  it.each([
    ['another picture', { prompt, image: 'asset_theirs' }],
    ['another list of pictures', { prompt, image: 'asset_ours', referenceImages: ['asset_theirs'] }],
  ])('tells it from one with the same words and %s', async (_, input) => {
    const image = 'https://media.example.com/boat.png'
    const framed = aLostSubmission(
      { first_frame: image },
      { intendedAt, assets: new Map([[image, 'asset_ours']]) },
    )
    const theirs = aListed({ jobId: 'job_theirs' }, { input })
    const ours = aListed({}, { input: { prompt, image: 'asset_ours' } })
    expect(await aScenario(aList([theirs])).provider.findSubmission?.(framed)).toEqual(absent)
    expect(await aScenario(aList([theirs, ours])).provider.findSubmission?.(framed)).toEqual(found)
  })

  it.each([
    ['two have its words', [aListed(), aListed({ jobId: 'job_twin' })]],
    ['one beside it says nothing', [aListed(), { jobId: 'job_mute', createdAt: aListed().createdAt }]],
    ['it says nothing of its words', [aListed({}, { input: {} })]],
    ['it says nothing at all', [{ jobId: 'job_ours' }]],
    [
      'it was made before, by its clock',
      [aListed({ createdAt: new Date(intendedAt - 1_000).toISOString() })],
    ],
    ['its time cannot be read', [aListed({ createdAt: 7 })]],
    ['it echoes another shape', [aListed({}, { input: { prompt, aspectRatio: '1:1' } })]],
    ['it echoes another length', [aListed({}, { input: { prompt, duration: 9 } })]],
  ])('does not know when %s', async (_, jobs) => {
    expect(await find(aList(jobs))).toMatchObject(unknown)
  })

  it.each<[string, [Reply, ...Reply[]]]>([
    ['the list is empty', [aList([])]],
    ['only older ones are in it', [aList([anOldOne], 'more')]],
    ['the others have other words', [aList([another, anOldOne])]],
    ['the others are of another model', [aList([aListed({}, { modelId: 'model_other', input: {} })])]],
    ['the list, read to the end, has none', [aList([another], 'more'), aList([another])]],
  ])('does not find it when %s', async (_, replies) => {
    expect(await find(...replies)).toEqual(absent)
  })

  it('does not know when the list does not end', async () => {
    const { provider, sent } = aScenario(aList([another], 'more'))
    expect(await provider.findSubmission?.(lost)).toMatchObject(unknown)
    expect(sent).toHaveLength(5)
  })

  it('never recognizes a request without words', async () => {
    const wordless = aLostSubmission(
      { prompt: undefined, first_frame: 'https://media.example.com/boat.png' },
      { intendedAt },
    )
    const mute = aListed({}, { input: { resolution: '720p' } })
    expect(await aScenario(aList([mute])).provider.findSubmission?.(wordless)).toMatchObject(unknown)
    expect(await aScenario(aList([aListed()])).provider.findSubmission?.(wordless)).toEqual(absent)
  })

  it('recognizes a length that was left to Scenario, whatever it chose', async () => {
    const free = aLostSubmission({ duration: 'auto' }, { intendedAt })
    const { provider } = aScenario(aList([aListed({}, { input: { prompt, duration: 9 } })]))
    expect(await provider.findSubmission?.(free)).toEqual(found)
  })

  it.each([{}, null, { jobs: null }, { jobs: [7] }, { jobs: [{}] }, []])(
    'learns nothing from %j',
    async (json) => {
      expect(await find({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    },
  )

  it.each([
    [401, 'auth'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
  ])('learns nothing from %i', async (status, code) => {
    expect(await find({ status, json: {} })).toMatchObject({ fault: { code } })
  })
})
