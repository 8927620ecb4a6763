import { describe, expect, it } from 'vitest'
import { aSimulator, webhookUrl } from './a-simulator.ts'

const link = 'https://m.example.test/a.png'
const models = [
  'dreamina-seedance-2-0-260128',
  'dreamina-seedance-2-0-mini-260615',
  'dreamina-seedance-2-5-260628',
]
const [standard, , newest] = models

const text = { type: 'text', text: 'A paper boat' }
const image = (role = 'reference_image', url = link) => ({ type: 'image_url', image_url: { url }, role })
const video = (url = link) => ({ type: 'video_url', video_url: { url }, role: 'reference_video' })
const audio = (url = link) => ({ type: 'audio_url', audio_url: { url }, role: 'reference_audio' })
const withContent = (...content: unknown[]) => aTask({ content })

function aTask(overrides: Record<string, unknown> = {}) {
  return {
    model: 'dreamina-seedance-2-0-mini-260615',
    content: [text],
    resolution: '480p',
    ratio: '16:9',
    duration: 5,
    callback_url: webhookUrl,
    ...overrides,
  }
}

async function aCreatedTask(task: Record<string, unknown> = aTask()) {
  const stand = aSimulator()
  const { body } = await stand.byteplus('', task)
  const show = async () => (await stand.byteplus(`/${body.id}`)).body
  return { ...stand, id: String(body.id), show }
}

describe('happy', () => {
  it('is queued, running and succeeded, with a callback at each', async () => {
    const { id, show, advance, webhooks } = await aCreatedTask()
    expect(id).toMatch(/^cgt-/)
    expect(await show()).toMatchObject({
      id,
      status: 'queued',
      execution_expires_after: 172_800,
      error: null,
    })
    await advance(1_000)
    expect(await show()).toMatchObject({ status: 'running' })
    await advance(10_000)
    const ended = await show()
    expect(ended).toMatchObject({
      status: 'succeeded',
      content: { video_url: expect.stringContaining('.mp4?expires=') },
      usage: { completion_tokens: 50_220, total_tokens: 50_220 },
      resolution: '480p',
      ratio: '16:9',
    })
    expect(webhooks.map(({ body }) => Object(body).status)).toEqual(['queued', 'running', 'succeeded'])
    expect(webhooks[2]).toEqual({ url: webhookUrl, body: ended, at: 1767225611_000 })
  })

  it('sends the callback of an end three more times, and the others once', async () => {
    const { advance, webhooks, receiverStatuses } = await aCreatedTask()
    receiverStatuses.push(500, 500, 500, 'unreachable', 500, 500)
    await advance(120_000)
    const statuses = webhooks.map(({ body }) => Object(body).status)
    expect(statuses).toEqual(['queued', 'running', ...Array(4).fill('succeeded')])
  })

  it.each([
    ['4k', aTask({ model: standard, resolution: '4k' })],
    ['frames', withContent(image('first_frame'), image('last_frame', 'data:image/png;base64,AA'))],
    ['references', withContent(text, image(), video(), audio('data:audio/wav;base64,AA'))],
    ['an asset', withContent(text, image('reference_image', 'asset://a-1'))],
    ['audio alone on 2.5', aTask({ model: newest, content: [audio()], output_format: 'mov', duration: 30 })],
    ['a duration of its choice', aTask({ duration: -1, ratio: 'adaptive' })],
    ['every field', aTask({ watermark: true, return_last_frame: true, priority: 9, safety_identifier: 'x' })],
  ])('accepts %s', async (_, task) => {
    expect((await aSimulator().byteplus('', task)).status).toBe(200)
  })
})

describe('refused', () => {
  it.each([
    ['content', { model: standard }],
    ['content', withContent()],
    ['content', withContent(text, text)],
    ['content.0.text', withContent({ type: 'text', text: '' })],
    ['content.0.role', withContent({ type: 'image_url', image_url: { url: link } })],
    ['content.0.video_url.url', withContent(video('data:video/mp4;base64,AA'))],
    ['content.role', withContent(image('last_frame'))],
    ['content.role', withContent(image('first_frame'), image())],
    ['content.image_url', withContent(...Array(10).fill(image()))],
    ['content.audio_url', withContent(text, audio())],
    ['ratio', aTask({ model: newest, content: [image('first_frame')] })],
    ['resolution', aTask({ resolution: '1080p' })],
    ['duration', aTask({ duration: 16 })],
    ['duration', aTask({ duration: '5' })],
    ['output_format', aTask({ output_format: 'mov' })],
    ['omni_reference_task_type', aTask({ omni_reference_task_type: 'edit' })],
    ['execution_expires_after', aTask({ execution_expires_after: 3_599 })],
    ['priority', aTask({ priority: 10 })],
    ['seed', aTask({ seed: 7 })],
    ['service_tier', aTask({ service_tier: 'flex' })],
    ['frames', aTask({ frames: 29 })],
    ['callback_url', aTask({ callback_url: 'nowhere' })],
  ])('reports a fault at %s', async (param, task) => {
    const { byteplus, simulator } = aSimulator()
    expect(await byteplus('', task)).toMatchObject({
      status: 400,
      body: { error: { code: expect.stringMatching(/Parameter$/), param } },
    })
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('does not know the model, the task or the key of others', async () => {
    const { byteplus, get } = aSimulator()
    const unknown = await byteplus('', aTask({ model: 'doubao-seedance-2-0-260128' }))
    expect(unknown).toMatchObject({
      status: 404,
      body: { error: { code: 'InvalidEndpointOrModel.NotFound' } },
    })
    expect(await byteplus('/cgt-1')).toMatchObject({ status: 404 })
    const path = 'https://simulator.example.test/byteplus/api/v3/contents/generations/tasks'
    expect((await get(path)).status).toBe(401)
  })
})

describe('the list', () => {
  it('has the newest first, in pages, by model and id, once a second', async () => {
    const { byteplus, advance } = aSimulator()
    const ids: string[] = []
    for (const model of [standard, models[1], standard]) {
      ids.push((await byteplus('', aTask({ model }))).body.id)
    }
    const list = async (query: string) => {
      await advance(1_000)
      return (await byteplus(`?${query}`)).body
    }
    const idsIn = async (query: string) =>
      (await list(query)).items.map(({ id }: { id: string }) => ids.indexOf(id))
    expect(await idsIn('')).toEqual([2, 1, 0])
    expect(await byteplus('?page_num=1')).toMatchObject({ status: 429 })
    expect(await idsIn(`filter.model=${standard}`)).toEqual([2, 0])
    expect(await idsIn(`filter.task_ids=${ids[0]}&filter.task_ids=${ids[1]}`)).toEqual([1, 0])
    expect(await idsIn('page_size=2&page_num=2')).toEqual([0])
    expect(await list('page_size=1')).toMatchObject({ total: 3 })
    expect((await byteplus('?page_size=501')).status).toBe(400)
  })

  it('lags on request, and forgets tasks after a week', async () => {
    const { byteplus, advance, show } = await aCreatedTask(
      withContent({ type: 'text', text: 'A boat sim(list=lagging)' }),
    )
    expect((await byteplus('')).body).toEqual({ items: [], total: 0 })
    await advance(100_000)
    expect((await byteplus('')).body.total).toBe(1)
    await advance(7 * 24 * 3_600_000)
    expect((await byteplus('')).body.total).toBe(0)
    expect(await show()).toMatchObject({ error: { code: 'ResourceNotFound' } })
  })
})

describe('a deletion', () => {
  it('cancels a queued task, which is free and announces nothing more', async () => {
    const { remove, id, show, advance, webhooks, simulator } = await aCreatedTask()
    expect((await remove(id)).status).toBe(200)
    expect(await show()).toMatchObject({ status: 'cancelled' })
    expect((await remove(id)).status).toBe(409)
    await advance(60_000)
    expect(webhooks).toHaveLength(1)
    expect(simulator.tasks()).toMatchObject([{ billedUsd: 0 }])
    await advance(24 * 3_600_000)
    expect(await show()).toMatchObject({ error: { code: 'ResourceNotFound' } })
  })

  it('is refused while the task runs, and erases the record of an ended one', async () => {
    const { remove, id, show, advance, simulator } = await aCreatedTask()
    await advance(1_000)
    expect((await remove(id)).status).toBe(409)
    await advance(10_000)
    expect((await remove(id)).status).toBe(200)
    expect(await show()).toMatchObject({ error: { code: 'ResourceNotFound' } })
    expect(simulator.tasks()[0]?.billedUsd).toBeGreaterThan(0)
  })
})

describe('a failure on request', () => {
  it.each([
    ['moderated', 'failed', { code: 'OutputVideoSensitiveContentDetected' }],
    ['provider', 'failed', { code: 'InternalServiceError' }],
    ['timeout', 'expired', null],
    ['canceled', 'cancelled', null],
  ])('%s ends as %s, and is free', async (fail, status, error) => {
    const { show, advance, simulator } = await aCreatedTask(
      withContent({ type: 'text', text: `A boat sim(fail=${fail})` }),
    )
    await advance(11_000)
    const task = await show()
    expect(task.status).toBe(status)
    if (error === null) expect(task.error).toBeNull()
    else expect(task.error).toMatchObject(error)
    expect(simulator.tasks()[0]?.billedUsd).toBe(0)
  })
})
