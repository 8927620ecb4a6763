/** Assets as inputs of a job: each provider gets the form that it takes, and the job stores the asset's id. */

import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { type AssetView, anAsset } from '../../support/assets.ts'
import { getJob, passTimeUntil, postJob, untilStatus, untilSubmitted } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { bytesOf, sha256Of } from '../../support/videos.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const hours = 60 * 60 * 1_000

/** The request that the provider received for the job with this prompt. */
function requestsOf(prompt: string) {
  const tasks = world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
  return tasks.map(({ request }) => request)
}

/** The link opens the uploaded file without an API key. */
async function expectLinkTo(asset: AssetView, link: unknown, deadlineAt: string): Promise<void> {
  const url = new URL(String(link))
  expect(url.pathname).toMatch(new RegExp(`^/v1/assets/${asset.id}/content/[\\w-]+\\.\\w+$`))
  expect(Number(url.searchParams.get('expires')) * 1_000).toBeGreaterThanOrEqual(
    Date.parse(deadlineAt) + hours - 1_000,
  )
  const opened = await world.edges.fetch(new Request(url))
  expect(opened.headers.get('content-type')).toBe(asset.content_type)
  expect(await sha256Of(await bytesOf(opened.body))).toBe(asset.sha256)
}

describe('an asset', () => {
  it.each([
    ['runware', 'inputs.referenceImages', 'inputs.referenceVideos', 'inputs.referenceAudios'],
    ['crun', 'input.reference_images', 'input.reference_videos', 'input.reference_audios'],
    ['aimlapi', 'image_urls', 'video_urls', 'audio_urls'],
  ])('reaches %s as a signed link, in every list, beside the URLs of others', async (provider, ...paths) => {
    const image = await anAsset('image/png')
    const video = await anAsset('video/mp4')
    const audio = await anAsset('audio/mpeg')
    const prompt = `References for ${provider}`
    const url = 'https://example.com/boat.png'
    const { id, deadline_at } = await postJob({
      provider,
      prompt,
      reference_images: [image.id, url, image.id],
      reference_videos: [video.id],
      reference_audios: [audio.id],
    })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    const [request] = requestsOf(prompt)
    const [images, videos, audios] = paths.map((path) => valueAt(request, path))
    expect(images).toEqual([expect.any(String), url, images[0]])
    await expectLinkTo(image, images[0], deadline_at)
    await expectLinkTo(video, videos[0], deadline_at)
    await expectLinkTo(audio, audios[0], deadline_at)
  })

  it.each([
    [
      'runware',
      (request: unknown) =>
        valueAt(request, 'inputs.frameImages').map((frame: { image: string }) => frame.image),
    ],
    ['crun', (request: unknown) => valueAt(request, 'input.img_urls')],
    ['aimlapi', (request: unknown) => [valueAt(request, 'image_url'), valueAt(request, 'last_image_url')]],
  ] as [string, (request: unknown) => unknown[]][])('reaches %s as its frames', async (provider, frames) => {
    const [first, last] = [await anAsset('image/jpeg'), await anAsset('image/webp')]
    const prompt = `Frames for ${provider}`
    const { id, deadline_at } = await postJob({
      provider,
      prompt,
      first_frame: first.id,
      last_frame: last.id,
    })
    await untilSubmitted(id)
    const [request] = requestsOf(prompt)
    const [sentFirst, sentLast] = frames(request)
    await expectLinkTo(first, sentFirst, deadline_at)
    await expectLinkTo(last, sentLast, deadline_at)
  })

  it('is uploaded to Scenario from R2', async () => {
    const image = await anAsset('image/png', 700_000)
    const video = await anAsset('video/quicktime')
    const prompt = 'Uploads for Scenario'
    const { id } = await postJob({
      provider: 'scenario',
      prompt,
      reference_images: [image.id],
      reference_videos: [video.id],
    })
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(requestsOf(prompt)).toMatchObject([
      {
        referenceImages: [expect.stringMatching(/^asset_/)],
        referenceVideos: [expect.stringMatching(/^asset_/)],
      },
    ])
    expect(JSON.stringify(requestsOf(prompt))).not.toContain(image.id)
    expect(job.request.reference_images).toEqual([image.id])
    const handed = world.logs.filter(
      ({ event, fields }) => event === 'media.uploaded' && fields.job_id === id,
    )
    expect(handed.map(({ fields }) => fields.path)).toEqual(['reference_images.0', 'reference_videos.0'])
  })

  it.each(sellerNames)(
    'is stored by its id in a job at %s: no link that opens it is stored or logged',
    async (provider) => {
      const { id: assetId } = await anAsset()
      const { id } = await postJob({
        provider,
        prompt: `A discreet boat ${provider}`,
        reference_images: [assetId],
      })
      await passTimeUntil(id, ({ status }) => status === 'succeeded')
      expect((await getJob(id)).request.reference_images).toEqual([assetId])
      const [row] = await select<{ request: string }>('SELECT * FROM jobs WHERE id = ?', id)
      expect(row?.request).toContain(assetId)
      const tasks = await select<{ answers: string }>('SELECT * FROM tasks WHERE job_id = ?', id)
      expect(JSON.stringify([row, tasks, world.logs])).not.toContain('signature=')
      // Crun repeats the request in its answers, which are stored without what would open its links.
      const others = tasks.map(({ answers: _, ...task }) => task)
      expect(JSON.stringify([row, others, world.logs])).not.toContain('/content')
    },
  )

  it('is stored by its id even if the provider repeats the link in its response', async () => {
    const { id: assetId } = await anAsset()
    let sent = ''
    world.respondNext(`${simulatorUrl}/runware`, async (request) => {
      sent = await request.text()
      const [{ taskUUID, inputs }] = JSON.parse(sent)
      const message = `Could not download ${inputs.referenceImages[0]}`
      const error = { code: 'invalidReferenceImage', message, taskType: 'videoInference', taskUUID }
      return Response.json({ data: [], errors: [error] }, { status: 400 })
    })
    const { id } = await postJob({ prompt: 'An echoing boat', reference_images: [assetId] })
    await untilStatus(id, 'failed')
    const signature = /signature=[\w-]{43}/
    expect(sent).toMatch(signature)
    const rows = [
      await select('SELECT * FROM jobs WHERE id = ?', id),
      await select('SELECT * FROM tasks WHERE job_id = ?', id),
    ]
    expect(JSON.stringify(rows)).toContain('Could not download')
    expect(JSON.stringify([rows, world.logs, await getJob(id)])).not.toMatch(signature)
  })

  it('gets a new link for each of several tasks', async () => {
    const { id: assetId } = await anAsset()
    const prompt = 'Two boats at Crun'
    const { id } = await postJob({ provider: 'crun', prompt, count: 2, reference_images: [assetId] })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(requestsOf(prompt)).toHaveLength(2)
  })

  it.each(['scenario', 'aimlapi'])('does not prevent finding a lost submission at %s', async (provider) => {
    const { id: assetId } = await anAsset()
    const prompt = `A lost boat with an asset at ${provider}`
    const { id } = await postJob({
      provider,
      prompt: `${prompt} sim(submit=500-after)`,
      reference_images: [assetId],
    })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.status).toBe('succeeded')
    expect(requestsOf(prompt)).toHaveLength(1)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: each provider's request has a shape of its own, and the test says which
function valueAt(request: any, path: string): any {
  return path.split('.').reduce((value, name) => value?.[name], request)
}
