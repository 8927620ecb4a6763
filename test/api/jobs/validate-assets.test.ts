/** The assets of a request: they must exist, and be of the kind that their field takes. */
import { afterEach, describe, expect, it } from 'vitest'
import { anAsset } from '../../support/assets.ts'
import { expectProblem, type Problem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, post } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'

const unknownId = 'asset_01kbk6v3x6f9ja8c6mphr3z4aw'

async function refused(overrides: Record<string, unknown>): Promise<Problem> {
  return expectProblem(await post('/v1/jobs', aRequest(overrides)), 422, 'invalid_request')
}

function messageAt({ errors = [] }: Problem, path: string): string | undefined {
  return errors.find((error) => error.path === path)?.message
}

afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
})

describe('a request is refused', () => {
  it('if an asset does not exist, with each path that names it', async () => {
    const { id } = await anAsset()
    const problem = await refused({ reference_images: [id, unknownId], reference_videos: [unknownId] })
    expect(pathsOf(problem)).toEqual(['reference_images.1', 'reference_videos.0'])
  })

  it('if an asset was deleted', async () => {
    const { id } = await anAsset()
    await api(`/v1/assets/${id}`, { method: 'DELETE' })
    const problem = await refused({ first_frame: id })
    expect(messageAt(problem, 'first_frame')).toContain('deleted')
  })

  it('if an asset is of the wrong kind for its field', async () => {
    const image = await anAsset('image/png')
    const video = await anAsset('video/webm')
    const audio = await anAsset('audio/wav')
    const problem = await refused({
      reference_images: [image.id, video.id, audio.id],
      reference_videos: [image.id, video.id, audio.id],
      reference_audios: [image.id, video.id, audio.id],
    })
    expect(pathsOf(problem)).toEqual([
      'reference_audios.0',
      'reference_audios.1',
      'reference_images.1',
      'reference_images.2',
      'reference_videos.0',
      'reference_videos.2',
    ])
    expect(messageAt(problem, 'reference_images.1')).toContain('image')
    expect(messageAt(problem, 'reference_images.1')).toContain('video')
  })

  it('if a frame is a video', async () => {
    const { id } = await anAsset('video/mp4')
    expect(pathsOf(await refused({ first_frame: id, last_frame: id }))).toEqual(['first_frame', 'last_frame'])
  })

  it('with all of its faults at once, including those of its form', async () => {
    const problem = await refused({
      duration: 3,
      reference_images: [unknownId, 'https://127.0.0.1/boat.png'],
      callback_url: 'https://localhost/hook',
      provider_options: { runware: { color: 'red' } },
    })
    expect(pathsOf(problem)).toEqual([
      'callback_url',
      'duration',
      'provider_options.runware.color',
      'reference_images.0',
      'reference_images.1',
    ])
  })

  it.each([
    'asset_',
    'asset_01',
    'asset_01KBK6V3X6F9JA8C6MPHR3Z4AW',
    `${unknownId}x`,
    'asset_81kbk6v3x6f9ja8c6mphr3z4aw',
  ])('if an asset id is malformed: %s', async (id) => {
    expect(pathsOf(await refused({ reference_images: [id] }))).toEqual(['reference_images.0'])
  })
})
