/** The sizes and prices of Runware's Seedance 2.0 models. */

export type Resolution = '480p' | '720p' | '1080p' | '4k'

type PixelPair = readonly [width: number, height: number]

/** Sources: the model's page for 480p and 720p; the upstream provider's table for 1080p, 4k, and 21:9 at 720p. */
const pixelPairs: Record<Resolution, readonly PixelPair[]> = {
  '480p': [
    [864, 496],
    [752, 560],
    [640, 640],
    [560, 752],
    [496, 864],
    [992, 432],
  ],
  '720p': [
    [1280, 720],
    [1112, 834],
    [960, 960],
    [834, 1112],
    [720, 1280],
    [1470, 630],
  ],
  '1080p': [
    [1920, 1080],
    [1664, 1248],
    [1440, 1440],
    [1248, 1664],
    [1080, 1920],
    [2206, 946],
  ],
  '4k': [
    [3840, 2160],
    [3326, 2494],
    [2880, 2880],
    [2494, 3326],
    [2160, 3840],
    [4398, 1886],
  ],
}

export const models = [
  'bytedance:seedance@2.0',
  'bytedance:seedance@2.0-fast',
  'bytedance:seedance@2.0-mini',
] as const

export type Model = (typeof models)[number]

/** USD per second of output. A model does not support a resolution without a price. */
type Prices = Partial<Record<Resolution, { plain: number; withVideo: number }>>

export const prices: Record<Model, Prices> = {
  // Not documented; plausible values.
  'bytedance:seedance@2.0': {
    '480p': { plain: 0.08, withVideo: 0.096 },
    '720p': { plain: 0.18, withVideo: 0.216 },
    '1080p': { plain: 0.4, withVideo: 0.48 },
    '4k': { plain: 1.6, withVideo: 1.92 },
  },
  // 480p is a third-party measurement; the other values follow mini's proportions.
  'bytedance:seedance@2.0-fast': {
    '480p': { plain: 0.0607, withVideo: 0.0725 },
    '720p': { plain: 0.1366, withVideo: 0.1619 },
  },
  // From the model's page.
  'bytedance:seedance@2.0-mini': {
    '480p': { plain: 0.036, withVideo: 0.043 },
    '720p': { plain: 0.081, withVideo: 0.096 },
  },
}

export function resolutionOf(width: number, height: number): Resolution | undefined {
  const resolutions = ['480p', '720p', '1080p', '4k'] as const
  return resolutions.find((resolution) =>
    pixelPairs[resolution].some((pair) => pair[0] === width && pair[1] === height),
  )
}
