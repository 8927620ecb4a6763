import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from '../a-submission.ts'
import { aFailure, aJob, anAsset, aScenario, aSuccess, videoUrl } from './a-scenario.ts'

const poll = (...replies: [Reply, ...Reply[]]) =>
  aScenario(...replies).provider.getStatus(aTask({ provider: 'scenario' }))

const pending = { state: 'pending', finished: [], faults: [] }

describe('a status of Scenario', () => {
  it.each(['pending', 'queued', 'warming-up', 'in-progress', 'finalizing'])(
    'is pending with the word %s',
    async (status) => {
      expect(await poll(aJob({ status }))).toEqual({ ok: true, value: { ...pending, progress: 42 } })
    },
  )

  it.each(['dreaming', '', 'SUCCESS'])('is pending with the unknown word "%s"', async (status) => {
    expect(await poll(aJob({ status }))).toEqual({ ok: true, value: { ...pending, unknownStatus: status } })
  })

  it.each([
    [0, 0],
    [0.999, 100],
    [1, 100],
    [42, 100],
    [-1, 0],
    [null, undefined],
    ['half', undefined],
    [undefined, undefined],
  ])('with the progress %j is at %j percent', async (progress, percent) => {
    expect(await poll(aJob({ progress }))).toEqual({
      ok: true,
      value: { ...pending, ...(percent !== undefined && { progress: percent }) },
    })
  })

  it('is done on success, after a request for the URL of the asset', async () => {
    const { provider, sent } = aScenario(aSuccess(['asset/abc']), anAsset())
    expect(await provider.getStatus(aTask({ provider: 'scenario' }))).toEqual({
      ok: true,
      value: { state: 'done', outputs: [{ id: 'asset/abc', url: videoUrl }], faults: [] },
    })
    expect(
      sent.map(({ method, url }) => `${method} ${url.replace('https://api.cloud.scenario.com', '')}`),
    ).toEqual([`GET /v1/jobs/${taskId}`, 'GET /v1/assets/asset%2Fabc'])
  })

  it('requests each asset once, and no more than the wanted outputs', async () => {
    const { provider, sent } = aScenario(aSuccess(['asset_1', 'asset_1', 'asset_2', 'asset_3']), anAsset())
    expect(await provider.getStatus(aTask({ provider: 'scenario', wanted: 2 }))).toMatchObject({
      value: { outputs: [{ id: 'asset_1' }, { id: 'asset_2' }] },
    })
    expect(sent).toHaveLength(3)
  })

  it.each([[[]], [null], ['asset_1'], [[7]]])(
    'is pending and reports a missing video for a success with %j',
    async (ids) => {
      expect(await poll(aSuccess(ids))).toEqual({
        ok: true,
        value: { ...pending, withheld: expect.objectContaining({ code: 'unreadable_answer' }) },
      })
    },
  )

  it.each([
    ['The generation failed.', 'generation_failed'],
    ['Blocked by content moderation', 'moderated'],
    ['The image was flagged as nsfw', 'moderated'],
    [null, 'generation_failed'],
    [{ code: 7 }, 'generation_failed'],
  ])('is failed with the error %j: %s', async (error, code) => {
    expect(await poll(aFailure(error))).toMatchObject({ value: { state: 'failed', fault: { code } } })
  })

  it('is failed if the job was canceled at Scenario', async () => {
    expect(await poll(aJob({ status: 'canceled' }))).toEqual({
      ok: true,
      value: {
        state: 'failed',
        fault: {
          code: 'provider_canceled',
          message: 'The generation was canceled at Scenario.',
          evidence: { status: 'canceled' },
        },
        // Failed jobs are refunded.
        cost: { credits: 0, source: 'provider' },
      },
    })
  })
})
