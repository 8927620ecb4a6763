/** Reelhook takes a resolution and an aspect ratio where the AI SDK takes a size in pixels. */

const resolutions = [
  { name: '480p', value: 854 * 480 },
  { name: '720p', value: 1280 * 720 },
  { name: '1080p', value: 1920 * 1080 },
  { name: '4k', value: 3840 * 2160 },
] as const

const ratios = [
  { name: '21:9', value: 21 / 9 },
  { name: '16:9', value: 16 / 9 },
  { name: '4:3', value: 4 / 3 },
  { name: '1:1', value: 1 },
  { name: '3:4', value: 3 / 4 },
  { name: '9:16', value: 9 / 16 },
] as const

interface Shape {
  resolution: (typeof resolutions)[number]['name']
  aspect_ratio: (typeof ratios)[number]['name']
  /** Whether a video of this shape has about the wanted size. */
  isClose: boolean
}

interface Value {
  value: number
}

// Models round the sides to multiples of 16, so the sizes of one resolution differ by a few percent.
const closeArea = 1.15
const closeRatio = 1.03

/** `1280x720` → 720p and 16:9. Null if the text is no size. */
export function shapeOf(size: string): Shape | null {
  const [, width, height] = /^([1-9]\d*)x([1-9]\d*)$/.exec(size) ?? []
  if (width === undefined || height === undefined) return null
  const area = Number(width) * Number(height)
  const ratio = Number(width) / Number(height)
  const resolution = nearest(resolutions, area)
  const aspectRatio = nearest(ratios, ratio)
  return {
    resolution: resolution.name,
    aspect_ratio: aspectRatio.name,
    isClose: factor(resolution.value, area) <= closeArea && factor(aspectRatio.value, ratio) <= closeRatio,
  }
}

function nearest<const Values extends readonly [Value, ...Value[]]>(
  values: Values,
  wanted: number,
): Values[number] {
  return values.reduce<Values[number]>(
    (best, other) => (factor(other.value, wanted) < factor(best.value, wanted) ? other : best),
    values[0],
  )
}

function factor(a: number, b: number): number {
  return Math.max(a / b, b / a)
}
