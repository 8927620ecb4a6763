import { describe, expect, it } from 'vitest'
import { aLostSubmission, nowMs, type Reply } from '../a-submission.ts'
import { aScenario } from './a-scenario.ts'

const minutes = 60_000
const intendedAt = nowMs - 10 * minutes
const prompt = 'A paper boat drifts down a rainy gutter'
const submission = aLostSubmission({}, { intendedAt })

const find = (...replies: [Reply, ...Reply[]]) => aScenario(...replies).provider.findSubmission?.(submission)

const found = { ok: true, value: { providerTaskId: 'job_ours' } }
const absent = { ok: true, value: 'not_found' }
const undecided = { ok: false, fault: { code: 'answer_lost' } }

/** A job created a second after our submission, with our prompt. */
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

describe('a search for a lost submission at Scenario', () => {
  it('reads the list page by page', async () => {
    const { provider, sent } = aScenario(aList([another], 'to&ken'), aList([aListed(), anOldOne]))
    expect(await provider.findSubmission?.(submission)).toEqual(found)
    expect(sent).toMatchObject([
      { method: 'GET', url: 'https://api.cloud.scenario.com/v1/jobs?pageSize=200' },
      { method: 'GET', url: 'https://api.cloud.scenario.com/v1/jobs?pageSize=200&paginationToken=to%26ken' },
    ])
  })

  it.each([
    ['as the only job', [aListed()]],
    ['among others', [another, aListed(), anOldOne]],
    ['without a model', [aListed({}, { modelId: undefined })]],
    [
      'with other white space in the prompt',
      [aListed({}, { input: { prompt: `  ${prompt.replace(' ', '\n ')}` } })],
    ],
  ])('finds the only possible job %s', async (_, jobs) => {
    expect(await find(aList(jobs))).toEqual(found)
  })

  it('does not find a job that belongs to another submission', async () => {
    const { provider } = aScenario(aList([aListed()]))
    const heldAmong = async (ids: readonly string[]) => new Set(ids)
    expect(await provider.findSubmission?.({ ...submission, heldAmong })).toEqual(absent)
  })

  it.each([
    ['another picture', { prompt, image: 'asset_theirs' }],
    ['another list of pictures', { prompt, image: 'asset_ours', referenceImages: ['asset_theirs'] }],
  ])('does not find a job with the same prompt and %s', async (_, input) => {
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
    ['two jobs have the prompt', [aListed(), aListed({ jobId: 'job_twin' })]],
    ['another job has no details', [aListed(), { jobId: 'job_unclear', createdAt: aListed().createdAt }]],
    ['the job has no prompt', [aListed({}, { input: {} })]],
    ['the job has no details', [{ jobId: 'job_ours' }]],
    [
      'the job is older by the clock of the provider',
      [aListed({ createdAt: new Date(intendedAt - 1_000).toISOString() })],
    ],
    ['the time of the job is unreadable', [aListed({ createdAt: 7 })]],
    ['the job has another aspect ratio', [aListed({}, { input: { prompt, aspectRatio: '1:1' } })]],
    ['the job has another duration', [aListed({}, { input: { prompt, duration: 9 } })]],
  ])('is undecided if %s', async (_, jobs) => {
    expect(await find(aList(jobs))).toMatchObject(undecided)
  })

  it.each<[string, [Reply, ...Reply[]]]>([
    ['the list is empty', [aList([])]],
    ['the list has only older jobs', [aList([anOldOne], 'more')]],
    ['the other jobs have other prompts', [aList([another, anOldOne])]],
    ['the other job is of another model', [aList([aListed({}, { modelId: 'model_other', input: {} })])]],
    ['no page has the job', [aList([another], 'more'), aList([another])]],
  ])('does not find the job if %s', async (_, replies) => {
    expect(await find(...replies)).toEqual(absent)
  })

  it('is undecided after five pages', async () => {
    const { provider, sent } = aScenario(aList([another], 'more'))
    expect(await provider.findSubmission?.(submission)).toMatchObject(undecided)
    expect(sent).toHaveLength(5)
  })

  it('never finds a job for a request without a prompt', async () => {
    const withoutPrompt = aLostSubmission(
      { prompt: undefined, first_frame: 'https://media.example.com/boat.png' },
      { intendedAt },
    )
    const unclear = aListed({}, { input: { resolution: '720p' } })
    expect(await aScenario(aList([unclear])).provider.findSubmission?.(withoutPrompt)).toMatchObject(
      undecided,
    )
    expect(await aScenario(aList([aListed()])).provider.findSubmission?.(withoutPrompt)).toEqual(absent)
  })

  it('finds a job of any duration if the request left the duration to Scenario', async () => {
    const anyDuration = aLostSubmission({ duration: 'auto' }, { intendedAt })
    const { provider } = aScenario(aList([aListed({}, { input: { prompt, duration: 9 } })]))
    expect(await provider.findSubmission?.(anyDuration)).toEqual(found)
  })

  it.each([{}, null, { jobs: null }, { jobs: [7] }, { jobs: [{}] }, []])(
    'is a fault after %j',
    async (json) => {
      expect(await find({ json })).toMatchObject({ fault: { code: 'unreadable_answer' } })
    },
  )

  it.each([
    [401, 'auth'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
  ])('is a fault after %i: %s', async (status, code) => {
    expect(await find({ status, json: {} })).toMatchObject({ fault: { code } })
  })
})
