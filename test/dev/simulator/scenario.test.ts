import { describe, expect, it } from 'vitest'
import { aScenarioJob, aSimulator, scenarioMini, type TestSimulator } from './a-simulator.ts'
import { anAsset } from './an-asset.ts'

const HOUR_MS = 3_600_000

async function submitted(sim: TestSimulator, overrides = {}): Promise<string> {
  return (await sim.scenario(scenarioMini, aScenarioJob(overrides))).body.job.jobId
}

const jobOf = async (sim: TestSimulator, jobId: string) => (await sim.scenario(`jobs/${jobId}`)).body.job

describe('happy', () => {
  it('acknowledges a job with its cost', async () => {
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

  it('goes through every status', async () => {
    const sim = aSimulator()
    const jobId = await submitted(sim)
    const seen: [string, number][] = []
    for (const ms of [0, 400, 400, 200, 4200, 5300, 500]) {
      await sim.advance(ms)
      const { status, progress } = await jobOf(sim, jobId)
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

  it('shows a made video as an asset with a link that expires after an hour', async () => {
    const sim = aSimulator()
    const jobId = await submitted(sim, { seed: 7 })
    await sim.advance(11_000)
    const [assetId] = (await jobOf(sim, jobId)).metadata.assetIds
    const { asset } = (await sim.scenario(`assets/${assetId}`)).body
    expect(asset).toMatchObject({
      id: assetId,
      kind: 'video',
      mimeType: 'video/mp4',
      metadata: { jobId, seed: '7' },
      createdAt: '2026-01-01T00:00:11.000Z',
    })
    expect(asset.url).toMatch(/\?p=100&Policy=[\w~-]+&Key-Pair-Id=\w+&Signature=\w+$/)
    const response = await sim.get(asset.url)
    expect((await response.arrayBuffer()).byteLength).toBe(asset.properties.size)

    await sim.advance(HOUR_MS + 1000)
    expect((await sim.get(asset.url)).status).toBe(403)
    const again = (await sim.scenario(`assets/${assetId}`)).body.asset
    expect((await sim.get(again.url)).status).toBe(200)
  })

  it('does not serve a changed link', async () => {
    const sim = aSimulator()
    const jobId = await submitted(sim)
    await sim.advance(11_000)
    const [assetId] = (await jobOf(sim, jobId)).metadata.assetIds
    const { url } = (await sim.scenario(`assets/${assetId}`)).body.asset
    expect((await sim.get(url.replace('Policy=e', 'Policy=f'))).status).toBe(403)
    expect((await sim.get(url.replace(/&Signature.*/, ''))).status).toBe(403)
  })

  it('has no asset before the video is made', async () => {
    const sim = aSimulator()
    await submitted(sim)
    const [output] = sim.simulator.tasks()[0]?.outputs ?? []
    expect((await sim.scenario(`assets/${output?.outputId}`)).status).toBe(404)
  })

  it('fills in the defaults', async () => {
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

  it('prices a dry run without running it', async () => {
    const { scenario, simulator } = aSimulator()
    const { status, body } = await scenario(`${scenarioMini}?dryRun=true`, aScenarioJob())
    expect([status, body]).toEqual([269, { creativeUnitsCost: 20 }])
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('bills a successful job', async () => {
    const sim = aSimulator()
    await submitted(sim)
    expect(sim.simulator.tasks()).toMatchObject([{ provider: 'scenario', creativeUnits: 20, billedUsd: 0.2 }])
  })

  it.each([
    ['a first frame without a prompt', ['image']],
    ['a first and a last frame', ['image', 'lastFrameImage']],
  ])('accepts %s', async (_, fields) => {
    const sim = aSimulator()
    const assetId = await anAsset(sim)
    const frames = Object.fromEntries(fields.map((field) => [field, assetId]))
    const { status } = await sim.scenario(scenarioMini, aScenarioJob({ prompt: undefined, ...frames }))
    expect(status).toBe(200)
  })

  it('accepts references of every kind, including a video made before', async () => {
    const sim = aSimulator()
    await submitted(sim)
    await sim.advance(11_000)
    const [output] = sim.simulator.tasks()[0]?.outputs ?? []
    const references = {
      referenceImages: [await anAsset(sim)],
      referenceVideos: [await anAsset(sim, 'video'), output?.outputId],
      referenceAudio: [await anAsset(sim, 'audio')],
    }
    const { status, body } = await sim.scenario(scenarioMini, aScenarioJob(references))
    expect([status, body.creativeUnitsCost]).toEqual([200, 24])
  })

  it.each([
    ['model_bytedance-seedance-2-0', { resolution: '4k' }],
    ['model_bytedance-seedance-2-0-fast', { seed: 4294967295 }],
    ['model_bytedance-seedance-2-0-mini', { seed: 2 ** 40 }],
  ])('accepts values that only %s supports', async (model, overrides) => {
    const { scenario } = aSimulator()
    expect((await scenario(`generate/custom/${model}`, aScenarioJob(overrides))).status).toBe(200)
  })
})
