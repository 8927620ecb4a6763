/** A provider's published prices per second of video. No I/O. No clock. */
import type { Cost } from '../core/cost.ts'
import { timesCost } from '../core/cost.ts'
import type { AspectRatio, Model, Resolution } from '../core/request/choices.ts'
import type { JobRequest } from '../core/request/request.ts'

export interface PriceTable {
  /** The page that publishes the prices. */
  source: string
  /** The year and month in which the page was read. */
  asOf: string
  /** The shape whose prices these are: the provider computes that of a request in `estimate`. Absent: those of any shape. */
  shape?: AspectRatio
  /** In US dollars. A missing entry is not published. */
  perSecond: Partial<Record<Model, Partial<Record<Resolution, PerSecond>>>>
}

interface PerSecond {
  usd: number
  /** With reference videos in the request. Null: it depends on their length. */
  withVideosUsd: number | null
}

/** The price of the whole job. Null: the table has no price for it, or not for its shape. */
export function priceOf(table: PriceTable | null, request: JobRequest): Cost | null {
  const price = table?.perSecond[request.model]?.[request.resolution]
  if (price === undefined || table?.shape !== undefined || request.duration === 'auto') return null
  const perSecond = request.reference_videos.length > 0 ? price.withVideosUsd : price.usd
  if (perSecond === null) return null
  return timesCost({ amount_usd: perSecond * request.duration, source: 'price_table' }, request.count)
}
