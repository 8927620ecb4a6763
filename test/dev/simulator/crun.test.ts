import { describe, expect, it } from 'vitest'
import { aCrunTask, aSimulator, webhookUrl } from './a-simulator.ts'

const link = 'https://m.example.test/a.png'
const r2v = { model: 'bytedance/seedance2-0-mini-r2v' }
const i2v = { model: 'bytedance/seedance2-0-mini-i2v' }

describe('happy', () => {
  it('is pending, then running, then a success with all of its fields', async () => {
    const { crun, advance, webhooks } = aSimulator()
    const task = aCrunTask()
    const created = await crun('job/CreateTask', task)
    expect(created).toEqual({
      status: 200,
      body: { code: 200, message: 'success', data: { task_id: expect.stringMatching(/^.{36}$/) } },
    })
    const { task_id } = created.body.data
    const getStatus = async () => (await crun(`job/TaskInfo?task_id=${task_id}`)).body.data

    const open = {
      task_id,
      provider: 'bytedance',
      model_version: 'seedance2-0-mini-t2v',
      param: task,
      create_at: 1767225600,
      source: 'api',
      result: null,
      credits: 16,
      duration_s: null,
      complete_at: null,
    }
    expect(await getStatus()).toEqual({ ...open, status: 'pending' })
    await advance(1000)
    expect(await getStatus()).toEqual({ ...open, status: 'running' })
    await advance(10_000)
    const ended = await getStatus()
    expect(ended).toEqual({
      ...open,
      status: 'success',
      credits: 15,
      duration_s: 11,
      complete_at: 1767225611,
      result: { code: 200, message: 'success', media_urls: [expect.stringContaining('.mp4?expires=')] },
    })
    expect(webhooks).toEqual([{ url: webhookUrl, body: ended, at: 1767225611_000 }])
  })

  it('deducts the spent credits from the balance', async () => {
    const { crun } = aSimulator()
    const before = (await crun('account/balance')).body.data.balance
    await crun('job/CreateTask', aCrunTask())
    expect((await crun('account/balance')).body.data.balance).toBe(before - 15)
  })

  it('estimates the cost without running the task', async () => {
    const { crun, simulator } = aSimulator()
    expect((await crun('job/estimate-credits', aCrunTask())).body.data).toEqual({
      credits: 15,
      estimated: true,
    })
    expect(simulator.tasks()).toHaveLength(0)
  })

  it.each([
    ['frames', aCrunTask({ img_urls: [link, link], aspect_ratio: 'auto' }, i2v)],
    ['references that include an asset', aCrunTask({ reference_images: [link, 'asset://A1'] }, r2v)],
    ['a video alone', aCrunTask({ reference_videos: [link] }, r2v)],
    [
      '1080p on the standard tier',
      aCrunTask({ resolution: '1080p' }, { model: 'bytedance/seedance2-0-t2v' }),
    ],
    ['no callback', aCrunTask({}, { callback_url: undefined })],
    ['byteplus_fallback on mini', aCrunTask({ byteplus_fallback: true })],
  ])('accepts %s', async (_, task) => {
    expect((await aSimulator().crun('job/CreateTask', task)).status).toBe(200)
  })
})

describe('refused', () => {
  it.each([
    ['model', aCrunTask({}, { model: undefined })],
    ['model', aCrunTask({}, { model: 'bytedance/seedance2-0-mini' })],
    ['callback_url', aCrunTask({}, { callback_url: 'nowhere' })],
    ['webhook', aCrunTask({}, { webhook: webhookUrl })],
    ['input', { model: 'bytedance/seedance2-0-mini-t2v' }],
    ['input.prompt', aCrunTask({ prompt: undefined })],
    ['input.prompt', aCrunTask({ prompt: '' })],
    ['input.duration', aCrunTask({ duration: 16 })],
    ['input.duration', aCrunTask({ duration: '5' })],
    ['input.seed', aCrunTask({ seed: 7 })],
    ['input.generate_audio', aCrunTask({ generate_audio: true })],
    ['input.resolution', aCrunTask({ resolution: '1080p' })],
    ['input.resolution', aCrunTask({ resolution: '4k' })],
    ['input.aspect_ratio', aCrunTask({ aspect_ratio: 'auto' })],
    ['input.aspect_ratio', aCrunTask({ aspect_ratio: 'adaptive' })],
    [
      'input.byteplus_fallback',
      aCrunTask({ byteplus_fallback: true }, { model: 'bytedance/seedance2-0-t2v' }),
    ],
    ['input.img_urls', aCrunTask({ img_urls: [link] })],
    ['input.img_urls', aCrunTask({}, i2v)],
    ['input.img_urls', aCrunTask({ img_urls: [link, link, link] }, i2v)],
    ['input.reference_images', aCrunTask({ img_urls: [link], reference_images: [link] }, i2v)],
    ['input.reference_images', aCrunTask({}, r2v)],
    ['input.reference_images', aCrunTask({ reference_audios: [link] }, r2v)],
    ['input.reference_images.0', aCrunTask({ reference_images: ['data:image/png;base64,AAAA'] }, r2v)],
    ['input.reference_videos', aCrunTask({ reference_videos: [link, link, link, link] }, r2v)],
    ['body', 'not an object'],
  ])('reports a fault at %s', async (parameter, task) => {
    const { crun, simulator } = aSimulator()
    const { status, body } = await crun('job/CreateTask', task)
    expect(status).toBe(422)
    expect(body).toEqual({
      code: 422,
      message: expect.any(String),
      errors: expect.arrayContaining([expect.stringMatching(new RegExp(`^${parameter}: `))]),
    })
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('requires its key', async () => {
    const { get } = aSimulator()
    const response = await get('https://simulator.example.test/crun/api/v1/client/account/balance')
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 401 })
  })

  it('returns 404 for an unknown path', async () => {
    expect(await aSimulator().crun('job/ListTasks')).toMatchObject({ status: 404, body: { code: 404 } })
  })

  it('returns 404 for an unknown task', async () => {
    const { crun } = aSimulator()
    expect(await crun(`job/TaskInfo?task_id=${crypto.randomUUID()}`)).toMatchObject({
      status: 404,
      body: { code: 404 },
    })
  })

  it('bills a repeated submit again', async () => {
    const { crun, simulator } = aSimulator()
    const task = aCrunTask()
    await crun('job/CreateTask', task)
    await crun('job/CreateTask', task)
    expect(simulator.tasks()).toHaveLength(2)
  })
})
