/** The abilities of each model of BytePlus, and its list prices of 28 September 2026. */

export const ratios = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9', 'adaptive'] as const
export type Ratio = (typeof ratios)[number]

export const resolutions = ['480p', '720p', '1080p', '4k'] as const
export type Resolution = (typeof resolutions)[number]

interface Abilities {
  /** US dollars for a million tokens, without and with input videos. A resolution without a price is not offered. */
  prices: Partial<Record<Resolution, readonly [number, number]>>
  longestSeconds: number
  defaultDuration: number
  references: { image: number; video: number; audio: number }
  /** Seedance 2.5 and what only it has. */
  isNewest: boolean
}

const older = {
  longestSeconds: 15,
  defaultDuration: 5,
  references: { image: 9, video: 3, audio: 3 },
  isNewest: false,
}

const models = {
  'dreamina-seedance-2-0-260128': {
    ...older,
    prices: { '480p': [7, 4.3], '720p': [7, 4.3], '1080p': [7.7, 4.7], '4k': [4, 2.4] },
  },
  'dreamina-seedance-2-0-fast-260128': { ...older, prices: { '480p': [5.6, 3.3], '720p': [5.6, 3.3] } },
  'dreamina-seedance-2-0-mini-260615': { ...older, prices: { '480p': [3.5, 2.1], '720p': [3.5, 2.1] } },
  'dreamina-seedance-2-5-260628': {
    longestSeconds: 30,
    defaultDuration: -1,
    references: { image: 30, video: 10, audio: 10 },
    isNewest: true,
    // Its lower prices with videos are not known; these are in proportion to the others.
    prices: { '480p': [10.7, 6.4], '720p': [10.7, 6.4], '1080p': [11.7, 7] },
  },
} satisfies Record<string, Abilities>

export type ModelId = keyof typeof models
export const modelIds = Object.keys(models) as ModelId[]

export function abilitiesOf(model: ModelId): Abilities {
  return models[model]
}

/** The documented sizes: they fill a table of its page. Seedance 2.5 is smaller at 480p 16:9 only. */
export function pixelsOf(model: ModelId, resolution: Resolution, ratio: Ratio): number {
  if (model === 'dreamina-seedance-2-5-260628' && resolution === '480p' && isWide(ratio)) return 854 * 480
  return isWide(ratio) ? wide[resolution] : others[resolution][ratio]
}

/** An adaptive ratio becomes that of the input or the prompt; here it is always wide. */
function isWide(ratio: Ratio): ratio is 'adaptive' | '16:9' | '9:16' {
  return ratio === 'adaptive' || ratio === '16:9' || ratio === '9:16'
}

const wide: Record<Resolution, number> = {
  '480p': 864 * 496,
  '720p': 1280 * 720,
  '1080p': 1920 * 1080,
  '4k': 3840 * 2160,
}

const others: Record<Resolution, Record<'4:3' | '1:1' | '3:4' | '21:9', number>> = {
  '480p': { '4:3': 752 * 560, '3:4': 752 * 560, '1:1': 640 * 640, '21:9': 992 * 432 },
  '720p': { '4:3': 1112 * 834, '3:4': 1112 * 834, '1:1': 960 * 960, '21:9': 1470 * 630 },
  '1080p': { '4:3': 1664 * 1248, '3:4': 1664 * 1248, '1:1': 1440 * 1440, '21:9': 2206 * 946 },
  '4k': { '4:3': 3326 * 2494, '3:4': 3326 * 2494, '1:1': 2880 * 2880, '21:9': 4398 * 1886 },
}
