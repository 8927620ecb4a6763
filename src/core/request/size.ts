/** A size in pixels, as other APIs have it, and our aspect ratio and resolution. The published client uses it too. No I/O. */
import { type AspectRatio, aspectRatios, type Resolution } from './choices.ts'

export interface Shape {
  aspect_ratio: Ratio
  resolution: Resolution
}

/** The nearest shape that is offered: its ratio first, then its area. Null: it is no size. */
export function shapeOf(size: string, offered: readonly Resolution[]): Shape | null {
  const { width, height } = sidesOf(size)
  if (!(width > 0 && height > 0)) return null
  const ratio = nearest(ratios, (one) => distance(quotient(one), width / height))
  // "16x9" is a ratio.
  if (Math.max(width, height) <= largestTerm) return { aspect_ratio: ratio, resolution: usual }
  const resolution = nearest(offered, (one) => distance(areaOf(one), width * height))
  return { aspect_ratio: ratio, resolution }
}

/** Whether a video of this shape has about the size. Models round the sides, so the sizes of one shape differ. */
export function isAbout(size: string, { aspect_ratio, resolution }: Shape): boolean {
  const { width, height } = sidesOf(size)
  const isNearArea = distance(areaOf(resolution), width * height) <= Math.log(1.15)
  return isNearArea && distance(quotient(aspect_ratio), width / height) <= Math.log(1.03)
}

export const sizeFault = 'must be <width>x<height> in pixels, for example 1280x720'

type Unshaped = Pick<Shape, 'resolution'> & { aspect_ratio?: AspectRatio | undefined }

/** The size of a job whose caller named none. */
export function sizeOf({ aspect_ratio = 'auto', resolution }: Unshaped): string {
  const ratio = quotient(aspect_ratio === 'auto' ? '16:9' : aspect_ratio)
  const short = shortSides[resolution]
  const long = 2 * Math.round((short * Math.max(ratio, 1 / ratio)) / 2)
  return ratio >= 1 ? `${long}x${short}` : `${short}x${long}`
}

function sidesOf(size: string): { width: number; height: number } {
  const [, width = 0, height = 0] = (pattern.exec(size.trim()) ?? []).map(Number)
  return { width, height }
}

const pattern = /^(\d{1,5})\s*[x×*:]\s*(\d{1,5})$/i
const largestTerm = 32
const usual = '720p'

type Ratio = Exclude<AspectRatio, 'auto'>
const ratios = aspectRatios.filter((ratio): ratio is Ratio => ratio !== 'auto')

const shortSides: Record<Resolution, number> = { '480p': 480, '720p': 720, '1080p': 1_080, '4k': 2_160 }

/** In pixels, of a picture of 16:9. Those of other ratios have about as many. */
function areaOf(resolution: Resolution): number {
  return (shortSides[resolution] ** 2 * 16) / 9
}

function quotient(ratio: Ratio): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number)
  return width / height
}

/** Twice as large is as far away as half as large. */
function distance(one: number, other: number): number {
  return Math.abs(Math.log(one / other))
}

function nearest<T>(choices: readonly T[], distanceTo: (choice: T) => number): T {
  const [first, ...others] = choices
  if (first === undefined) throw new Error('there is nothing to choose from')
  return others.reduce((best, one) => (distanceTo(one) < distanceTo(best) ? one : best), first)
}
