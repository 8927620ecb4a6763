/** Prices that a provider publishes, as a table: what it asks for a second of video. No I/O. No clock. */
import type { Cost } from '../core/cost.ts'
import { timesCost } from '../core/cost.ts'
import type { JobRequest, Model, Resolution } from '../core/request/request.ts'

export interface PriceTable {
  /** Where it says so. */
  source: string
  /** When that was read: year and month. */
  asOf: string
  /** US dollars. What it does not publish is not there. */
  perSecond: Partial<Record<Model, Partial<Record<Resolution, PerSecond>>>>
}

interface PerSecond {
  usd: number
  /** Where videos are given as references. */
  withVideosUsd: number
}

/** What the whole job would cost by the table. Null: it does not say. */
export function priceOf(table: PriceTable | null, request: JobRequest): Cost | null {
  const price = table?.perSecond[request.model]?.[request.resolution]
  if (price === undefined || request.duration === 'auto') return null
  const perSecond = request.reference_videos.length > 0 ? price.withVideosUsd : price.usd
  return timesCost({ amount_usd: perSecond * request.duration, source: 'price_table' }, request.count)
}
