/** A video of the OpenRouter dialect, from its request to its file. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { aDataUri } from '../../support/assets.ts'
import { ask, aVideo, base, created, errorOf, post } from '../../support/openrouter.ts'
import { billsFor, postJob, untilNotified, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { fetchWith } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { finish } from '../../support/videos.ts'
import { callerUrl } from '../../support/world.ts'

describe('a video', () => {
  it('is accepted, polled, and downloaded by its link and by its index', async () => {
    const response = await post(aVideo())
    expect(response.status).toBe(202)
    const { id, ...shown } = await response.json<{ id: string }>()
    const polling_url = `${base}/${id}`
    expect(shown).toEqual({ generation_id: id, polling_url, status: 'pending', model: 'seedance-2.0-mini' })
    await untilSubmitted(id)
    expect(await (await ask(`/${id}`)).json()).toMatchObject({ status: 'in_progress' })
    const early = await ask(`/${id}/content?index=0`)
    expect([early.status, await errorOf(early)]).toMatchObject([404, { code: 404 }])

    await finish(id)
    await untilStatus(id, 'succeeded')
    const done = await (await ask(`/${id}`)).json<{ unsigned_urls: string[] }>()
    expect(done).toMatchObject({ status: 'completed', polling_url, usage: { is_byok: false } })
    expect(done).not.toHaveProperty('error')
    const bytes = await (await fetchWith({}, new Request(done.unsigned_urls[0] ?? ''))).arrayBuffer()
    const part = await ask(`/${id}/content?index=0`, {}, { range: 'bytes=0-9' })
    expect([part.status, await part.arrayBuffer()]).toEqual([206, bytes.slice(0, 10)])
    expect((await ask(`/${id}/content?index=1`)).status).toBe(404)
    expect((await ask(`/${id}/content?index=length`)).status).toBe(404)
  })

  it('that failed has its reason as a text', async () => {
    const { id } = await created({ prompt: 'A boat sim(submit=402)' })
    await untilStatus(id, 'failed')
    const video = await (await ask(`/${id}`)).json<{ error: unknown }>()
    expect(video).toMatchObject({ status: 'failed' })
    expect(typeof video.error).toBe('string')
  })

  it('is one job for one Idempotency-Key, also with a file that is too long to embed', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() }
    const file = { image_url: { url: aDataUri('image/png', 300_000) } }
    const before = await countRows('assets')
    const first = await created({ frame_images: [{ type: 'image_url', ...file }] }, key)
    expect(first.request.first_frame).toMatch(/^asset_/)
    const again = await post(aVideo({ frame_images: [file] }), key)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect((await again.json<{ id: string }>()).id).toBe(first.id)
    expect(await countRows('assets')).toBe(before + 1)
    await untilSubmitted(first.id)
    expect(billsFor(first.id)).toHaveLength(1)
  })

  it('is announced to its callback URL in the format of OpenRouter', async () => {
    const callback = { callback_url: `${callerUrl}/openrouter` }
    const apiKey = await createApiKey('openrouter')
    const response = await post(aVideo(callback), bearerHeader(apiKey))
    const { id } = await response.json<{ id: string }>()
    await untilSubmitted(id)
    await finish(id)
    const [received] = await untilNotified(id)
    const polled = await (await ask(`/${id}`)).json<{ unsigned_urls: string[] }>()
    const { unsigned_urls: _links, polling_url: _polled, ...data } = { polling_url: '', ...polled }
    expect(JSON.parse(received?.body ?? '')).toMatchObject({ type: 'video.generation.completed', data })
  })

  it('is listed with others, newest first, page by page', async () => {
    const [one, two] = [await created(), await postJob()]
    const page = await (await ask('?limit=1')).json<{ data: { id: string }[]; next_cursor: string }>()
    expect(page.data.map(({ id }) => id)).toEqual([two.id])
    const next = await (await ask(`?limit=1&cursor=${page.next_cursor}`)).json<{ data: { id: string }[] }>()
    expect(next.data.map(({ id }) => id)).toEqual([one.id])
  })

  it('is made by one of the listed models', async () => {
    const { data } = await (await ask('/models')).json<{ data: { id: string }[] }>()
    expect(data[0]).toMatchObject({
      id: 'bytedance/seedance-2.0',
      name: 'Seedance 2.0',
      supported_resolutions: ['480p', '720p', '1080p', '4k'],
      supported_sizes: expect.arrayContaining(['1280x720', '720x1280']),
      allowed_passthrough_parameters: expect.arrayContaining(['reelhook', 'crun']),
    })
    const prices = { 'per-video-second-720p': expect.stringMatching(/^0\.\d+$/) }
    expect(data).toContainEqual(expect.objectContaining({ pricing_skus: expect.objectContaining(prices) }))
    const provider = { options: { reelhook: { provider: 'auto' } } }
    for (const { id } of data)
      expect((await created({ model: id, provider })).model).toBe(id.replace('bytedance/', ''))
  })
})
