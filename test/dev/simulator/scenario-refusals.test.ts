import { describe, expect, it } from 'vitest'
import { aScenarioJob, aSimulator, scenarioMini } from './a-simulator.ts'
import { anAsset } from './an-asset.ts'

const fast = 'generate/custom/model_bytedance-seedance-2-0-fast'

describe('refused', () => {
  it.each([
    ['prompt', { prompt: undefined }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: 'a'.repeat(6001) }],
    ['lastFrameImage', { lastFrameImage: 'asset_1' }],
    ['referenceImages', { referenceImages: 'asset_1' }],
    ['referenceImages', { referenceImages: Array(10).fill('asset_1') }],
    ['referenceImages', { image: 'asset_1', referenceImages: ['asset_2'] }],
    ['referenceVideos', { image: 'asset_1', referenceVideos: ['asset_2'] }],
    ['referenceVideos', { referenceVideos: Array(4).fill('asset_1') }],
    ['referenceAudio', { referenceAudio: ['asset_1'] }],
    ['referenceAudios', { referenceAudios: ['asset_1'] }],
    ['duration', { duration: 3 }],
    ['duration', { duration: 16 }],
    ['duration', { duration: '5' }],
    ['resolution', { resolution: '1080p' }],
    ['aspectRatio', { aspectRatio: 'auto' }],
    ['generateAudio', { generateAudio: 'yes' }],
    ['seed', { seed: '7' }],
    ['numberResults', { numberResults: 2 }],
    ['image', { image: 'https://m.example.test/a.png' }],
    ['image', { image: 'asset_unknown' }],
    ['referenceImages', { referenceImages: ['asset_unknown'] }],
  ])('reports a fault at %s', async (parameter, overrides) => {
    const { scenario, simulator } = aSimulator()
    const { status, body } = await scenario(scenarioMini, aScenarioJob(overrides))
    expect(status).toBe(400)
    expect(body).toEqual({
      error: 'Bad Request',
      reason: expect.stringMatching(new RegExp(`(^|; )${parameter}: `)),
      traceId: expect.any(String),
    })
    expect(simulator.tasks()).toHaveLength(0)
  })

  it.each([
    ['image', 'video' as const, (id: string) => ({ image: id })],
    ['referenceVideos', 'image' as const, (id: string) => ({ referenceVideos: [id] })],
    ['referenceAudio', 'video' as const, (id: string) => ({ referenceVideos: [id], referenceAudio: [id] })],
  ])('refuses an asset of the wrong kind in %s', async (parameter, kind, fieldsWith) => {
    const sim = aSimulator()
    const assetId = await anAsset(sim, kind)
    const { status, body } = await sim.scenario(scenarioMini, aScenarioJob(fieldsWith(assetId)))
    expect(status).toBe(400)
    expect(body.reason).toContain(`${parameter}: ${assetId} is no`)
  })

  it('refuses a seed outside the range of the fast model', async () => {
    const { scenario } = aSimulator()
    for (const seed of [-1, 4294967296]) {
      expect((await scenario(fast, aScenarioJob({ seed }))).body.reason).toContain('seed: ')
    }
  })

  it('refuses an invalid dry run like the real submit', async () => {
    const { scenario } = aSimulator()
    expect((await scenario(`${scenarioMini}?dryRun=true`, aScenarioJob({ duration: 3 }))).status).toBe(400)
  })

  it('requires its key and secret', async () => {
    const { get } = aSimulator()
    const url = 'https://simulator.example.test/scenario/v1/jobs'
    const wrong = ['Basic c2NlbmFyaW8ta2V5', 'Bearer scenario-key:scenario-secret', 'scenario-key']
    for (const authorization of wrong) {
      expect((await get(url, { headers: { authorization } })).status).toBe(401)
    }
    expect((await get(url)).status).toBe(401)
  })

  it('refuses every request if no key is configured', async () => {
    const { scenario, aimlapi } = aSimulator({ keys: { runware: 'runware-key', crun: 'crun-key' } })
    expect((await scenario('jobs')).status).toBe(401)
    expect((await aimlapi('logs?period=1h')).status).toBe(401)
  })

  it.each(['jobs/job_none', 'assets/asset_none', 'uploads/upload_none', 'nowhere'])(
    'returns 404 for %s',
    async (path) => {
      expect((await aSimulator().scenario(path)).status).toBe(404)
    },
  )

  it('returns 404 for an unknown model', async () => {
    const { scenario } = aSimulator()
    expect((await scenario('generate/custom/model_other', aScenarioJob())).status).toBe(404)
  })

  it('refuses to cancel a job', async () => {
    const { scenario } = aSimulator()
    const { jobId } = (await scenario(scenarioMini, aScenarioJob())).body.job
    const { status, body } = await scenario(`jobs/${jobId}/action`, { action: 'cancel' })
    expect([status, body.reason]).toEqual([400, 'Jobs of type custom cannot be canceled'])
  })

  it('bills a repeated submit again', async () => {
    const { scenario, simulator } = aSimulator()
    await scenario(scenarioMini, aScenarioJob())
    await scenario(scenarioMini, aScenarioJob())
    expect(simulator.tasks()).toHaveLength(2)
  })
})

describe('refused by directive', () => {
  it.each([
    ['429', 429, 'Too Many Requests'],
    ['402', 402, 'Payment Required'],
    ['403', 403, 'Forbidden'],
    ['503', 503, 'Service Unavailable'],
    ['500-before', 500, 'Internal Server Error'],
  ])('submit=%s returns %i', async (fault, status, error) => {
    const { scenario } = aSimulator()
    const job = aScenarioJob({ prompt: `a paper boat sim(submit=${fault})` })
    expect(await scenario(scenarioMini, job)).toMatchObject({ status, body: { error } })
  })

  it('reports the exceeded limit', async () => {
    const { scenario } = aSimulator()
    const { body } = await scenario(scenarioMini, aScenarioJob({ prompt: 'boat sim(submit=429)' }))
    expect(body.details).toEqual({ actionName: 'generate-custom', actionLimit: 5 })
  })
})
