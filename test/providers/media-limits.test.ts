/** Media metadata against documented limits. */
import { describe, expect, it } from 'vitest'
import type { MediaMetadata } from '../../src/core/request/media.ts'
import { mediaLimitFaults } from '../../src/providers/media-limits.ts'
import type { Reason } from '../../src/providers/provider.ts'
import { aRequest, audio, image, video } from '../core/request/a-request.ts'
import { anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aBytePlus } from './byteplus/a-byteplus.ts'
import { aCrun } from './crun/a-crun.ts'
import { aRunware } from './runware/a-runware.ts'
import { aScenario } from './scenario/a-scenario.ts'

const { provider: idle } = anAimlapi({ status: 500, json: {} })

const unknown: MediaMetadata = { contentType: 'video/mp4', width: null, height: null, durationSeconds: null }

function aVideo(width: number | null, height: number | null, contentType = 'video/mp4'): MediaMetadata {
  return { ...unknown, contentType, width, height }
}

function aSound(durationSeconds: number | null, contentType = 'audio/wav'): MediaMetadata {
  return { ...unknown, contentType, durationSeconds }
}

/** Null: media without metadata, such as a URL. */
function faultsOf(
  videos: (MediaMetadata | null)[],
  sounds: (MediaMetadata | null)[],
  provider = idle,
): Reason[] {
  const known = new Map<string, MediaMetadata>()
  for (const [list, files] of Object.entries({ reference_videos: videos, reference_audios: sounds })) {
    for (const [index, file] of files.entries()) if (file !== null) known.set(`${list}.${index}`, file)
  }
  const request = aRequest({
    reference_images: [image],
    reference_videos: videos.map(() => video),
    reference_audios: sounds.map(() => audio),
  })
  return mediaLimitFaults(provider.capabilities, request, known)
}

const pathsOf = (reasons: Reason[]) => reasons.map(({ path }) => path)

describe('a reference video at AI/ML API', () => {
  it.each<[number | null, number | null, boolean]>([
    [640, 640, true],
    [639, 640, false],
    [640, 639, false],
    [834, 1112, true],
    [1112, 834, true],
    [835, 1112, false],
    [1112, 835, false],
    [1280, 720, true],
    [720, 1280, true],
    [864, 496, true],
    [496, 864, true],
    [1920, 1080, false],
    [256, 144, false],
    [null, null, true],
    [1920, null, true],
  ])('of %s×%s pixels is accepted: %s', (width, height, isAccepted) => {
    expect(pathsOf(faultsOf([aVideo(width, height)], []))).toEqual(isAccepted ? [] : ['reference_videos.0'])
  })

  it.each([
    ['video/mp4', true],
    ['video/quicktime', true],
    ['video/webm', false],
  ])('of type %s is accepted: %s', (contentType, isAccepted) => {
    const reasons = faultsOf([aVideo(1280, 720, contentType)], [])
    expect(pathsOf(reasons)).toEqual(isAccepted ? [] : ['reference_videos.0'])
  })

  it('is refused with the limit and its actual value', () => {
    expect(faultsOf([aVideo(1280, 720), aVideo(256, 144, 'video/webm')], [])).toEqual([
      {
        path: 'reference_videos.1',
        message: 'must be video/mp4 or video/quicktime, but is video/webm',
      },
      {
        path: 'reference_videos.1',
        message: 'must have 409600 to 927408 pixels, but has 36864 (256×144)',
      },
    ])
  })

  it('may have any length, since no limit is documented', () => {
    expect(faultsOf([{ ...aVideo(1280, 720), durationSeconds: 600 }], [])).toEqual([])
  })
})

describe('reference audios at AI/ML API', () => {
  it.each<[(number | null)[], string[]]>([
    [[15.2], []],
    [[15.201], ['reference_audios.0']],
    [[15, null], []],
    [[15.1, null], ['reference_audios']],
    [[5, 5, 5], []],
    // 15.000000000000002 in binary arithmetic.
    [[5.1, 5.1, 4.8], []],
    [[5, 5, 5.001], ['reference_audios']],
    [
      [16, 1, 16],
      ['reference_audios.0', 'reference_audios.2', 'reference_audios'],
    ],
    [[null], []],
    [[null, null, null], []],
  ])('of %j seconds are refused at the paths %j', (seconds, paths) => {
    const sounds = seconds.map((length) => aSound(length))
    expect(pathsOf(faultsOf([], sounds))).toEqual(paths)
  })

  it.each([
    ['audio/mpeg', true],
    ['audio/wav', true],
    ['audio/mp4', false],
  ])('of type %s are accepted: %s', (contentType, isAccepted) => {
    expect(pathsOf(faultsOf([], [aSound(5, contentType)]))).toEqual(isAccepted ? [] : ['reference_audios.0'])
  })

  it('are refused with the limit and their actual values', () => {
    expect(faultsOf([], [aSound(20), aSound(1)])).toEqual([
      { path: 'reference_audios.0', message: 'must last at most 15.2 seconds, but lasts 20' },
      {
        path: 'reference_audios',
        message: 'must last at most 15 seconds in total, but last at least 21',
      },
    ])
  })
})

it('media without metadata are accepted', () => {
  expect(faultsOf([null, null], [null, null, null])).toEqual([])
})

it('every fault of every list is reported at once', () => {
  const reasons = faultsOf([null, aVideo(256, 144)], [aSound(20), null])
  expect(pathsOf(reasons)).toEqual(['reference_videos.1', 'reference_audios.0', 'reference_audios'])
})

describe('a picture at BytePlus', () => {
  const { provider } = aBytePlus({ status: 500, json: {} })
  const faultsOfPicture = (width: number, height: number) => {
    const metadata = { ...unknown, contentType: 'image/png', width, height }
    const request = aRequest({ first_frame: image })
    return mediaLimitFaults(provider.capabilities, request, new Map([['first_frame', metadata]]))
  }

  it.each([
    [300, 300],
    [300, 750],
    [6_000, 2_400],
    [6_000, 6_000],
  ])('may have %s×%s pixels', (width, height) => expect(faultsOfPicture(width, height)).toEqual([]))

  it.each([
    [299, 300, ['must have sides of 300 to 6000 pixels, but is 299×300']],
    [6_001, 6_000, ['must have sides of 300 to 6000 pixels, but is 6001×6000']],
    [1_000, 399, ['must have a width of 0.4 to 2.5 times its height, but it is 2.51 times (1000×399)']],
    [100, 4_000, [expect.stringMatching(/^must have sides/), expect.stringMatching(/^must have a width/)]],
  ])('may not have %s×%s pixels: %s', (width, height, messages) => {
    expect(faultsOfPicture(width, height)).toEqual(
      messages.map((message) => ({ path: 'first_frame', message })),
    )
  })
})

it('a video or a sound of less than two seconds is refused at BytePlus', () => {
  const { provider } = aBytePlus({ status: 500, json: {} })
  const video = { ...aVideo(1280, 720), durationSeconds: 1.9 }
  const message = 'must last at least 2 seconds, but lasts 1.9'
  expect(faultsOf([video], [aSound(1.9)], provider)).toEqual([
    { path: 'reference_videos.0', message },
    { path: 'reference_audios.0', message },
  ])
})

it.each([
  ['Runware', aRunware],
  ['Crun', aCrun],
  ['Scenario', aScenario],
])('%s documents no limits and refuses no media', (_, make) => {
  const { provider } = make({ status: 500, json: {} })
  expect(faultsOf([aVideo(16, 16, 'video/webm')], [aSound(900, 'audio/mp4')], provider)).toEqual([])
})
