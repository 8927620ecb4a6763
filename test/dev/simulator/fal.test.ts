import { describe, expect, it } from 'vitest'
import { aSimulator, webhookUrl } from './a-simulator.ts'

const text = 'bytedance/seedance-2.0/mini/text-to-video'
const hooked = (path: string) => `${path}?${new URLSearchParams({ fal_webhook: webhookUrl })}`
const input = (more: Record<string, unknown> = {}) => ({ prompt: 'a paper boat', ...more })

async function submitted(sim = aSimulator(), path = text, more: Record<string, unknown> = {}) {
  const { status, body } = await sim.fal(hooked(path), input(more))
  expect(status).toBe(200)
  const address = new URL(body.response_url).pathname.replace('/fal/', '')
  return { sim, id: body.request_id as string, address }
}

describe('a request of the simulated fal', () => {
  it('is in the queue, in progress, then completed with its video', async () => {
    const { sim, id, address } = await submitted()
    expect(address).toBe(`bytedance/seedance-2.0/requests/${id}`)
    const status = () => sim.fal(`${address}/status`)
    expect(await status()).toMatchObject({ status: 202, body: { status: 'IN_QUEUE', request_id: id } })
    await sim.advance(1_000)
    expect(await status()).toMatchObject({ status: 202, body: { status: 'IN_PROGRESS' } })
    expect(await sim.fal(address)).toMatchObject({ status: 400 })
    await sim.advance(10_000)
    expect(await status()).toMatchObject({ status: 200, body: { status: 'COMPLETED' } })
    expect(await sim.fal(address)).toEqual({
      status: 200,
      body: {
        video: {
          url: expect.stringContaining('/media/'),
          content_type: 'video/mp4',
          file_name: 'video.mp4',
          file_size: expect.any(Number),
        },
        seed: 42,
      },
    })
    expect(sim.webhooks).toMatchObject([{ url: webhookUrl, body: { request_id: id, status: 'OK' } }])
  })

  it.each([
    ['moderated', 422, { detail: [{ type: 'content_policy_violation', loc: ['body', 'prompt'] }] }],
    ['provider', 400, { detail: [{ type: 'downstream_service_error' }] }],
    ['timeout', 504, { error_type: 'request_timeout' }],
    ['canceled', 499, { error_type: 'client_cancelled' }],
  ])('that failed (%s) is completed, with status %i for its result', async (failure, status, body) => {
    const { sim, address } = await submitted(aSimulator(), text, { prompt: `a boat sim(fail=${failure})` })
    await sim.advance(11_000)
    expect(await sim.fal(`${address}/status`)).toMatchObject({ body: { status: 'COMPLETED' } })
    expect(await sim.fal(address)).toMatchObject({ status, body })
    expect(sim.webhooks).toMatchObject([{ body: { status: 'ERROR', payload: body } }])
    expect(sim.simulator.tasks()).toMatchObject([{ billedUsd: 0 }])
  })

  it('to a path that does not exist is accepted, completed at once, and has no result', async () => {
    const { sim, address } = await submitted(aSimulator(), `fal-ai/${text}`)
    expect(await sim.fal(`${address}/status`)).toMatchObject({ body: { status: 'COMPLETED' } })
    expect(await sim.fal(address)).toMatchObject({ status: 404 })
    expect(sim.simulator.tasks()).toMatchObject([{ billedUsd: 0 }])
  })

  it.each([
    ['the whole path', (id: string) => `${text}/requests/${id}/status`],
    ['another app', (id: string) => `bytedance/seedance-2.5/requests/${id}/status`],
  ])('is not known below %s', async (_, path) => {
    const { sim, id } = await submitted()
    expect(await sim.fal(path(id))).toMatchObject({ status: 404 })
  })

  it.each([
    ['a number as the duration', text, { duration: 5 }],
    ['16 seconds', text, { duration: '16' }],
    ['1080p of mini', text, { resolution: '1080p' }],
    ['an unknown field', text, { negative_prompt: 'rain' }],
    ['an image for text to video', text, { image_url: 'https://m.example.test/a.png' }],
    ['no image for image to video', 'bytedance/seedance-2.0/image-to-video', {}],
    [
      'audio alone',
      'bytedance/seedance-2.0/reference-to-video',
      { audio_urls: ['https://m.example.test/a.mp3'] },
    ],
    ['a seed for text to video of 2.5', 'bytedance/seedance-2.5/text-to-video', { seed: 7 }],
  ])('with %s is refused', async (_, path, more) => {
    const { status, body } = await aSimulator().fal(hooked(path), input(more))
    expect(status).toBe(422)
    expect(body.detail).toMatchObject([{ loc: expect.arrayContaining(['body']) }])
  })

  it('needs its key', async () => {
    const { simulator } = aSimulator({ keys: {} })
    const request = new Request(`https://simulator.example.test/fal/${text}`, { method: 'POST', body: '{}' })
    expect((await simulator.fetch(request)).status).toBe(401)
  })
})

describe('a cancellation at the simulated fal', () => {
  it('removes a request from the queue, and is too late for a completed one', async () => {
    const { sim, address } = await submitted()
    const cancel = () => sim.fal(`${address}/cancel`, undefined, 'PUT')
    expect(await cancel()).toEqual({ status: 200, body: { status: 'OK' } })
    expect(await cancel()).toEqual({ status: 400, body: { status: 'ALREADY_COMPLETED' } })
    expect(await sim.fal(address)).toMatchObject({ status: 499 })
    const [task] = sim.simulator.tasks()
    expect(task).toMatchObject({ billedUsd: 0 })
    const asked = sim.simulator.log().filter(({ what }) => what === 'task.cancel_requested')
    expect(asked.map(({ taskId, status }) => [taskId, status])).toEqual([
      [task?.taskId, 200],
      [task?.taskId, 400],
    ])
  })

  it('is requested of the runner', async () => {
    const { sim, address } = await submitted()
    await sim.advance(2_000)
    const canceled = await sim.fal(`${address}/cancel`, undefined, 'PUT')
    expect(canceled).toEqual({ status: 202, body: { status: 'CANCELLATION_REQUESTED' } })
  })
})

describe('a webhook of the simulated fal', () => {
  it('is signed with the published key, anew for each of ten attempts in two hours', async () => {
    const sim = aSimulator()
    sim.receiverStatuses.push(...Array(10).fill(503))
    const { id } = await submitted(sim)
    await sim.advance(12_000)
    await sim.advance(3 * 3_600_000)
    expect(sim.posts).toHaveLength(10)
    const [first, last] = [sim.webhooks[0]?.at ?? 0, sim.webhooks.at(-1)?.at ?? 0]
    expect(last - first).toBe(2 * 3_600_000)

    const { body } = await sim.fal('.well-known/jwks.json')
    const key = await crypto.subtle.importKey('jwk', body.keys[0], 'Ed25519', false, ['verify'])
    for (const { text, headers } of sim.posts) {
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
      const part = (name: string) => headers.get(`x-fal-webhook-${name}`) ?? ''
      expect(part('request-id')).toBe(id)
      const lines = [id, part('user-id'), part('timestamp'), new Uint8Array(hash).toHex()]
      const message = new TextEncoder().encode(lines.join('\n'))
      const signature = Uint8Array.fromHex(part('signature'))
      expect(await crypto.subtle.verify('Ed25519', key, signature, message)).toBe(true)
    }
    expect(new Set(sim.posts.map(({ headers }) => headers.get('x-fal-webhook-timestamp'))).size).toBe(10)
  })
})
