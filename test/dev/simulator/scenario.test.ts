import { describe, expect, it } from 'vitest'
import { aScenarioJob, aSimulator, type Stand, scenarioMini } from './a-simulator.ts'
import { anAsset } from './an-asset.ts'

const HOUR_MS = 3_600_000

async function submitted(stand: Stand, overrides = {}): Promise<string> {
  return (await stand.scenario(scenarioMini, aScenarioJob(overrides))).body.job.jobId
}

const jobOf = async (stand: Stand, jobId: string) => (await stand.scenario(`jobs/${jobId}`)).body.job

describe('happy', () => {
  it('acknowledges a job with what it will cost', async () => {
    const { scenario } = aSimulator()
    const { status, body } = await scenario(scenarioMini, aScenarioJob())
    expect(status).toBe(200)
    expect(body).toEqual({
      job: {
        jobId: expect.stringMatching(/^job_/),
        jobType: 'custom',
        status: 'pending',
        progress: 0,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        metadata: {
          modelId: 'model_bytedance-seedance-2-0-mini',
          input: aScenarioJob(),
          assetIds: [],
        },
      },
      creativeUnitsCost: 20,
    })
  })

  it('lives through every status there is', async () => {
    const stand = aSimulator()
    const jobId = await submitted(stand)
    const seen: [string, number][] = []
    for (const ms of [0, 400, 400, 200, 4200, 5300, 500]) {
      await stand.advance(ms)
      const { status, progress } = await jobOf(stand, jobId)
      seen.push([status, progress])
    }
    expect(seen).toEqual([
      ['pending', 0],
      ['queued', 0],
      ['warming-up', 0],
      ['in-progress', 0],
      ['in-progress', 0.42],
      ['finalizing', 0.95],
      ['success', 1],
    ])
  })

  it('shows a made video as an asset, with a link that is good for an hour', async () => {
    const stand = aSimulator()
    const jobId = await submitted(stand, { seed: 7 })
    await stand.advance(11_000)
    const [assetId] = (await jobOf(stand, jobId)).metadata.assetIds
    const { asset } = (await stand.scenario(`assets/${assetId}`)).body
    expect(asset).toMatchObject({
      id: assetId,
      kind: 'video',
      mimeType: 'video/mp4',
      metadata: { jobId, seed: '7' },
      createdAt: '2026-01-01T00:00:11.000Z',
    })
    expect(asset.url).toMatch(/\?p=100&Policy=[\w~-]+&Key-Pair-Id=\w+&Signature=\w+$/)
    const response = await stand.get(asset.url)
    expect((await response.arrayBuffer()).byteLength).toBe(asset.properties.size)

    await stand.advance(HOUR_MS + 1000)
    expect((await stand.get(asset.url)).status).toBe(403)
    const again = (await stand.scenario(`assets/${assetId}`)).body.asset
    expect((await stand.get(again.url)).status).toBe(200)
  })

  it('does not serve a link that was changed', async () => {
    const stand = aSimulator()
    const jobId = await submitted(stand)
    await stand.advance(11_000)
    const [assetId] = (await jobOf(stand, jobId)).metadata.assetIds
    const { url } = (await stand.scenario(`assets/${assetId}`)).body.asset
    expect((await stand.get(url.replace('Policy=e', 'Policy=f'))).status).toBe(403)
    expect((await stand.get(url.replace(/&Signature.*/, ''))).status).toBe(403)
  })

  it('has no asset before the video is made', async () => {
    const stand = aSimulator()
    await submitted(stand)
    const [output] = stand.simulator.tasks()[0]?.outputs ?? []
    expect((await stand.scenario(`assets/${output?.outputId}`)).status).toBe(404)
  })

  it('fills in what was left out', async () => {
    const { scenario } = aSimulator()
    const { body } = await scenario(scenarioMini, { prompt: 'a paper boat' })
    expect(body.job.metadata.input).toEqual({
      prompt: 'a paper boat',
      duration: -1,
      resolution: '720p',
      aspectRatio: 'adaptive',
      generateAudio: true,
    })
  })

  it('tells the price without running', async () => {
    const { scenario, simulator } = aSimulator()
    const { status, body } = await scenario(`${scenarioMini}?dryRun=true`, aScenarioJob())
    expect([status, body]).toEqual([269, { creativeUnitsCost: 20 }])
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('bills a job that it makes', async () => {
    const stand = aSimulator()
    await submitted(stand)
    expect(stand.simulator.tasks()).toMatchObject([
      { provider: 'scenario', creativeUnits: 20, billedUsd: 0.2 },
    ])
  })

  it.each([
    ['a first frame without words', ['image']],
    ['a first and a last frame', ['image', 'lastFrameImage']],
  ])('accepts %s', async (_, places) => {
    const stand = aSimulator()
    const assetId = await anAsset(stand)
    const frames = Object.fromEntries(places.map((place) => [place, assetId]))
    const { status } = await stand.scenario(scenarioMini, aScenarioJob({ prompt: undefined, ...frames }))
    expect(status).toBe(200)
  })

  it('accepts references of every kind, one of them made here before', async () => {
    const stand = aSimulator()
    await submitted(stand)
    await stand.advance(11_000)
    const [output] = stand.simulator.tasks()[0]?.outputs ?? []
    const references = {
      referenceImages: [await anAsset(stand)],
      referenceVideos: [await anAsset(stand, 'video'), output?.outputId],
      referenceAudio: [await anAsset(stand, 'audio')],
    }
    const { status, body } = await stand.scenario(scenarioMini, aScenarioJob(references))
    expect([status, body.creativeUnitsCost]).toEqual([200, 24])
  })

  it.each([
    ['model_bytedance-seedance-2-0', { resolution: '4k' }],
    ['model_bytedance-seedance-2-0-fast', { seed: 4294967295 }],
    ['model_bytedance-seedance-2-0-mini', { seed: 2 ** 40 }],
  ])('accepts what only %s can', async (model, overrides) => {
    const { scenario } = aSimulator()
    expect((await scenario(`generate/custom/${model}`, aScenarioJob(overrides))).status).toBe(200)
  })
})
