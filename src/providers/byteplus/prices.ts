/**
 * The cost of a video: its tokens times the published price of a token. BytePlus reports the tokens of each task and no
 * amount. It bills successes only.
 */
import { type Cost, timesCost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import {
  type AspectRatio,
  type Model,
  models,
  type Resolution,
  resolutions,
} from '../../core/request/choices.ts'
import { modelLimits } from '../../core/request/model-limits.ts'
import { pixelSizes } from '../../core/request/pixel-sizes.ts'
import type { JobRequest } from '../../core/request/request.ts'
import type { PriceTable } from '../price-table.ts'
import { hasVideos } from './expiry.ts'
import { pricesPerMillionTokens } from './price-list.ts'
import { modelOfId, type Region } from './region.ts'
import { shapeOf } from './request.ts'
import type { ArkTask } from './task.ts'

/** Null: the list has no price for it, or the task does not say what it was. */
export function billOf(task: ArkTask, region: Region): Cost | null {
  const tokens = task.usage?.completion_tokens
  const expiry = task.execution_expires_after
  const model = modelOfId(task.model ?? '')
  const resolution = resolutions.find((name) => name === task.resolution?.toLowerCase())
  if (tokens == null || expiry == null || model === undefined || resolution === undefined) return null
  const price = priceOf(region, { model, resolution, isWithVideos: hasVideos(expiry) })
  return price === undefined ? null : costOf(region, tokens * price)
}

/** A task that did not succeed. */
export function nothing({ currency }: Region): Cost {
  const source = 'provider'
  return currency === 'usd' ? { amount_usd: 0, source } : { credits: 0, amount_usd: 0, source }
}

/**
 * The price of the whole job, computed here. It is the most that it can cost: a duration that the model chooses counts as the
 * longest, input videos as the longest that are allowed, and a shape as the largest of its resolution.
 */
export function estimateOf(request: JobRequest, region: Region): Result<Cost> {
  const { model, resolution, duration, count } = request
  const isWithVideos = request.reference_videos.length > 0
  const price = priceOf(region, { model, resolution, isWithVideos })
  if (price === undefined) return fail('price_unknown', 'No price of it is published.')
  // All input videos together may be as long as a video.
  const longestSeconds = modelLimits[model].durationSeconds.max
  const made = duration === 'auto' ? longestSeconds : duration
  const tokens = tokensOf(made + (isWithVideos ? longestSeconds : 0), pixelsOf(resolution, shapeOf(request)))
  return ok(timesCost(costOf(region, tokens * price), count))
}

/** The price of a second in the shape for which its page has examples. Null: it is not in US dollars. */
export function priceTableOf(region: Region): PriceTable | null {
  if (region.currency !== 'usd') return null
  const shape = '16:9'
  const listed = (model: Model) =>
    resolutions.flatMap((resolution) => {
      const price = priceOf(region, { model, resolution, isWithVideos: false })
      if (price === undefined) return []
      const usd = rounded(tokensOf(1, pixelsOf(resolution, shape)) * price)
      // The seconds of input videos are billed, too.
      return [[resolution, { usd, withVideosUsd: null }] as const]
    })
  const perSecond = Object.fromEntries(models.map((model) => [model, Object.fromEntries(listed(model))]))
  return { source: 'BytePlus ModelArk, "Model pricing"', asOf: '2026-09', shape, perSecond }
}

/** Model pricing, "Video generation": width × height × frames / 1,024, with 24 frames a second. */
function tokensOf(seconds: number, pixels: number): number {
  return (seconds * pixels * 24) / 1_024
}

/** With `auto`, those of the largest size of the resolution. */
function pixelsOf(resolution: Resolution, ratio: AspectRatio): number {
  const sizes = pixelSizes[resolution]
  const possible = ratio === 'auto' ? Object.values(sizes) : [sizes[ratio]]
  return Math.max(...possible.map(([width, height]) => width * height))
}

interface Priced {
  model: Model
  resolution: Resolution
  isWithVideos: boolean
}

/** Per token. */
function priceOf({ currency }: Region, { model, resolution, isWithVideos }: Priced): number | undefined {
  const prices = pricesPerMillionTokens[currency][model]?.[resolution]
  const price = isWithVideos ? prices?.withVideos : prices?.withoutVideos
  return price === undefined ? undefined : price / 1e6
}

/** A yuan is a credit: Reelhook counts in US dollars, and has no rate but that of the settings (usd.ts). */
function costOf({ currency }: Region, amount: number): Cost {
  const source = 'price_table'
  return currency === 'usd' ? { amount_usd: rounded(amount), source } : { credits: rounded(amount), source }
}

function rounded(amount: number): number {
  return Math.round(amount * 1e6) / 1e6
}
