import { describe, expect, it } from 'vitest'
import { aTask, type Reply, taskId } from '../a-submission.ts'
import { aFailure, aJob, anAsset, aScenario, aSuccess, videoUrl } from './a-scenario.ts'

const check = (...replies: [Reply, ...Reply[]]) =>
  aScenario(...replies).provider.getStatus(aTask({ provider: 'scenario' }))

const pending = { state: 'pending', finished: [], faults: [] }

describe('a status', () => {
  it.each(['pending', 'queued', 'warming-up', 'in-progress', 'finalizing'])(
    'goes on while it is %s',
    async (status) => {
      expect(await check(aJob({ status }))).toEqual({ ok: true, value: { ...pending, progress: 42 } })
    },
  )

  it.each(['dreaming', '', 'SUCCESS'])('goes on while it is the unknown word "%s"', async (status) => {
    expect(await check(aJob({ status }))).toEqual({ ok: true, value: { ...pending, unknownStatus: status } })
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
  ])('reads the progress %j as %j', async (progress, percent) => {
    expect(await check(aJob({ progress }))).toEqual({
      ok: true,
      value: { ...pending, ...(percent !== undefined && { progress: percent }) },
    })
  })

  it('is done on success, once it has asked where the asset lies', async () => {
    const { provider, sent } = aScenario(aSuccess(['asset/abc']), anAsset())
    expect(await provider.getStatus(aTask({ provider: 'scenario' }))).toEqual({
      ok: true,
      value: { state: 'done', outputs: [{ id: 'asset/abc', url: videoUrl }], faults: [] },
    })
    expect(
      sent.map(({ method, url }) => `${method} ${url.replace('https://api.cloud.scenario.com', '')}`),
    ).toEqual([`GET /v1/jobs/${taskId}`, 'GET /v1/assets/asset%2Fabc'])
  })

  it('asks for no more assets than were wanted, and for each once', async () => {
    const { provider, sent } = aScenario(aSuccess(['asset_1', 'asset_1', 'asset_2', 'asset_3']), anAsset())
    expect(await provider.getStatus(aTask({ provider: 'scenario', wanted: 2 }))).toMatchObject({
      value: { outputs: [{ id: 'asset_1' }, { id: 'asset_2' }] },
    })
    expect(sent).toHaveLength(3)
  })

  it.each([[[]], [null], ['asset_1'], [[7]]])(
    'waits for the assets of a success with %j, and says so',
    async (ids) => {
      expect(await check(aSuccess(ids))).toEqual({
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
  ])('has failed on failure with %j: %s', async (error, code) => {
    expect(await check(aFailure(error))).toMatchObject({ value: { state: 'failed', fault: { code } } })
  })

  it('has failed when it was canceled over there', async () => {
    expect(await check(aJob({ status: 'canceled' }))).toEqual({
      ok: true,
      value: {
        state: 'failed',
        fault: {
          code: 'provider_canceled',
          message: 'The generation was canceled at Scenario.',
          evidence: { status: 'canceled' },
        },
        // What failed is reimbursed.
        cost: { credits: 0, source: 'provider' },
      },
    })
  })
})
