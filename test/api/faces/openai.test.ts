/** The OpenAI Videos dialect: a video from its creation to its end. */
import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type AssetView, aFile, anAsset } from '../../support/assets.ts'
import { api, billsFor, getJob, postJob, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { bytesAtProvider, failVideo, sha256Of } from '../../support/videos.ts'
import {
  aPicture,
  aVideo,
  aVideoRequest,
  errorIn,
  getVideo,
  postJson,
  postVideo,
  videoIn,
  videosPath,
} from '../../support/videos-dialect.ts'

describe('a video that is created', () => {
  it('with a form is a job that shows what was asked', async () => {
    const response = await postVideo({ model: 'sora-2-pro-2025-10-06', size: '1024x1792', seconds: '8' })
    expect(response.headers.get('openai-poll-after-ms')).toBe('3000')
    expect(response.headers.get('x-request-id')).toMatch(/./)
    const video = await videoIn(response)
    expect(video).toEqual({
      id: expect.stringMatching(/^job_/),
      object: 'video',
      model: 'sora-2-pro-2025-10-06',
      status: 'queued',
      progress: 0,
      created_at: expect.any(Number),
      completed_at: null,
      expires_at: null,
      prompt: 'A paper boat drifts down a rainy gutter',
      remixed_from_video_id: null,
      seconds: '8',
      size: '1024x1792',
      error: null,
    })
    const { request, model } = await getJob(video.id)
    expect(model).toBe('seedance-2.0')
    expect(request).toMatchObject({ duration: 8, resolution: '1080p', aspect_ratio: '9:16' })
  })

  it('with JSON is the same', async () => {
    const video = await videoIn(await postJson({ ...aVideoRequest(), seconds: 4 }))
    expect(video).toMatchObject({ model: 'sora-2', seconds: '4', size: '1280x720', status: 'queued' })
  })

  it('with a prompt alone has the defaults of OpenAI', async () => {
    const video = await videoIn(await postJson({ prompt: 'A paper boat' }))
    expect(video).toMatchObject({ model: 'sora-2', seconds: '4', size: '720x1280' })
    expect((await getJob(video.id)).request).toMatchObject({
      model: 'seedance-2.0-fast',
      duration: 4,
      resolution: '720p',
      aspect_ratio: '9:16',
    })
  })

  it('with a file begins with that picture', async () => {
    const { id } = await videoIn(await postVideo({ input_reference: aPicture() }))
    const { request } = await getJob(id)
    const asset = await (await api(`/v1/assets/${request.first_frame}`)).json<AssetView>()
    expect(asset).toMatchObject({
      kind: 'image',
      file_name: 'boat.png',
      sha256: await sha256Of(aFile('image/png')),
    })
  })

  it('has the shape of that picture at a model that takes it from there', async () => {
    const picture = { model: 'seedance-2.5', size: '1280x720', seconds: '30', input_reference: aPicture() }
    const { id } = await videoIn(await postVideo(picture))
    const { request } = await getJob(id)
    expect(request).toMatchObject({ resolution: '720p', duration: 30 })
    expect(request).not.toHaveProperty('aspect_ratio')
  })

  it('takes a file that its client gave the wrong type', async () => {
    const picture = new Blob([aFile('image/jpeg')], { type: 'image/png' })
    const { id } = await videoIn(await postVideo({ input_reference: picture }))
    expect((await getJob(id)).request.first_frame).toMatch(/^asset_/)
  })

  it.each([
    ['input_reference[image_url]', 'https://media.test/boat.png'],
    ['input_reference', 'https://media.test/boat.png'],
  ])('takes %s of a form', async (name, value) => {
    const { id } = await videoIn(await postVideo({ [name]: value }))
    expect((await getJob(id)).request.first_frame).toBe(value)
  })

  it.each([['form'], ['json']])('takes the id of an asset from a %s', async (kind) => {
    const asset = await anAsset()
    const response =
      kind === 'form'
        ? await postVideo({ 'input_reference[file_id]': asset.id })
        : await postJson({ ...aVideoRequest(), input_reference: { file_id: asset.id } })
    const { id } = await videoIn(response)
    expect((await getJob(id)).request.first_frame).toBe(asset.id)
  })

  it('takes fields of Reelhook, also from a form', async () => {
    const { id } = await videoIn(
      await postVideo({
        'metadata[order]': '42',
        'provider[]': 'runware',
        deadline_seconds: '600',
        generate_audio: 'false',
        max_cost_usd: '2.5',
        user: 'somebody',
      }),
    )
    const { request, metadata, provider } = await getJob(id)
    expect(request).toMatchObject({ deadline_seconds: 600, generate_audio: false, max_cost_usd: 2.5 })
    expect([provider, metadata]).toEqual(['runware', { order: '42', openai: 'sora-2 1280x720' }])
  })
})

describe('a video that ends', () => {
  it('is completed, and its content is the stored file', async () => {
    const video = await aVideo()
    expect(video).toMatchObject({ status: 'completed', progress: 100, error: null })
    expect(video.completed_at).toBeGreaterThanOrEqual(video.created_at)
    const content = await api(`${videosPath}/${video.id}/content`)
    expect([content.status, content.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    const [bytes = new Uint8Array()] = await bytesAtProvider(video.id)
    expect(await sha256Of(new Uint8Array(await content.arrayBuffer()))).toBe(await sha256Of(bytes))
    const range = await api(`${videosPath}/${video.id}/content?variant=video`, {
      headers: { range: 'bytes=2-5' },
    })
    expect([range.status, new Uint8Array(await range.arrayBuffer())]).toEqual([206, bytes.slice(2, 6)])
  })

  it('expires when its retention ends', async () => {
    const video = await aVideo({ retention_days: '2' })
    expect(video.expires_at).toBe((video.completed_at ?? 0) + 2 * 24 * 60 * 60)
  })

  it('is failed, with the code of its fault', async () => {
    const job = await failVideo()
    const video = await getVideo(job.id)
    expect(video).toMatchObject({ status: 'failed', model: job.model, seconds: '5', size: '854x480' })
    expect(video.error).toEqual({
      code: 'generation_failed',
      message: expect.stringContaining(job.fault?.message ?? '?'),
    })
  })

  it('is failed if it was canceled', async () => {
    const { id } = await videoIn(await postVideo())
    await untilSubmitted(id)
    await api(`/v1/jobs/${id}/cancel`, { method: 'POST' })
    const { status, error, completed_at } = await getVideo(id)
    expect([status, error?.code]).toEqual(['failed', 'canceled'])
    expect(error?.message).toContain('may be made and billed')
    expect(completed_at).not.toBeNull()
  })
})

describe('content', () => {
  it('that is not ready is not found, and no client asks again at once', async () => {
    const { id } = await videoIn(await postVideo({ prompt: 'A paper boat sim(seconds=3600)' }))
    const response = await api(`${videosPath}/${id}/content`)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await errorIn(response, 404)).toMatchObject({
      code: 'video_not_ready',
      type: 'invalid_request_error',
    })
  })

  it.each(['thumbnail', 'spritesheet'])('has no %s', async (variant) => {
    const { id } = await videoIn(await postVideo())
    const response = await api(`${videosPath}/${id}/content?variant=${variant}`)
    expect(await errorIn(response, 404)).toMatchObject({ code: 'variant_not_available' })
  })

  it('of an unknown video is not found', async () => {
    const error = await errorIn(await api(`${videosPath}/video_123/content`), 404)
    expect(error.code).toBe('not_found')
  })
})

describe('a video made from another', () => {
  it('by a remix has its stored video as a reference', async () => {
    const source = await aVideo({ size: '1024x1792' })
    const path = `${videosPath}/${source.id}/remix`
    const remix = await videoIn(await postJson({ prompt: 'The same at night' }, {}, path))
    expect(remix).toMatchObject({
      remixed_from_video_id: source.id,
      model: 'sora-2',
      size: '1024x1792',
      seconds: '4',
      prompt: 'The same at night',
    })
    const { request } = await getJob(remix.id)
    expect(request.reference_videos).toEqual([expect.stringContaining(`/v1/jobs/${source.id}/outputs/0/`)])
    await untilSubmitted(remix.id)
    expect(billsFor(remix.id)).toHaveLength(1)
    const link = new URL(String(request.reference_videos[0]))
    expect((await exports.default.fetch(link)).status).toBe(200)
  })

  it('by an edit takes the id of a video, or a file', async () => {
    const source = await aVideo()
    const path = `${videosPath}/edits`
    const byId = await videoIn(await postVideo({ 'video[id]': source.id }, {}, path))
    expect(byId.remixed_from_video_id).toBe(source.id)
    const file = new Blob([aFile('video/mp4')], { type: 'video/mp4' })
    const byFile = await videoIn(await postVideo({ video: file }, {}, path))
    expect(byFile.remixed_from_video_id).toBeNull()
    expect((await getJob(byFile.id)).request.reference_videos).toEqual([expect.stringMatching(/^asset_/)])
  })

  it('needs a stored video', async () => {
    const { id } = await videoIn(await postVideo({ prompt: 'A paper boat sim(seconds=3600)' }))
    const error = await errorIn(await postJson({ prompt: 'More' }, {}, `${videosPath}/${id}/remix`))
    expect(error).toMatchObject({ param: 'video', code: 'invalid_video' })
    await errorIn(await postJson({ prompt: 'More' }, {}, `${videosPath}/job_0/remix`), 404)
    const nothing = await errorIn(await postVideo({ seconds: '99' }, {}, `${videosPath}/edits`))
    expect(nothing.message).toMatch(/video: .*seconds: /)
  })

  it.each([
    ['POST', '/extensions'],
    ['POST', '/characters'],
    ['GET', '/characters/char_1'],
  ])('%s %s is not supported', async (method, path) => {
    const error = await errorIn(await api(`${videosPath}${path}`, { method }))
    expect(error.code).toBe('not_supported')
  })
})

describe('the list', () => {
  it('pages both ways, through the jobs of every API', async () => {
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.push((await postJob()).id)
    const last = await videoIn(await postVideo())
    const page = async (query: string) => {
      const response = await api(`${videosPath}?${query}`)
      expect(response.status, await response.clone().text()).toBe(200)
      return response.json<{ data: { id: string }[]; first_id: string; last_id: string; has_more: boolean }>()
    }
    const first = await page('limit=2')
    expect(first).toMatchObject({ object: 'list', first_id: last.id, last_id: ids[2], has_more: true })
    const second = await page(`limit=2&after=${first.last_id}`)
    expect(second.data.map(({ id }) => id)).toEqual([ids[1], ids[0]])
    const oldest = await page('limit=1&order=asc')
    const next = await page(`limit=2&order=asc&after=${ids[0]}`)
    expect(oldest.has_more).toBe(true)
    expect(next.data.map(({ id }) => id)).toEqual([ids[1], ids[2]])
    const error = await errorIn(await api(`${videosPath}?after=video_1&limit=0&order=up`))
    expect(error.message).toMatch(/order: .*limit: .*after: /)
  })
})

it('a video that a provider makes is in progress', async () => {
  const { id } = await videoIn(await postVideo())
  await untilStatus(id, 'generating')
  expect(await getVideo(id)).toMatchObject({ status: 'in_progress' })
})
