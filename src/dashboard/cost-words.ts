/** A cost in words. No I/O. No clock. */
import type { Cost } from '../core/cost.ts'
import { formatCount, formatUsd } from '../core/format.ts'

/** `$0.405, as the provider reported it` */
export function costWords(cost: Cost): string {
  return `${amountOf(cost)}, ${sourceOf(cost)}`
}

/** `$0.405`, `12 credits ($0.12)` or `12 credits`. */
export function amountOf(cost: Cost): string {
  const usd = cost.amount_usd === undefined ? null : formatUsd(cost.amount_usd)
  if (!('credits' in cost)) return usd ?? ''
  const credits = `${formatCount(cost.credits)} ${cost.credits === 1 ? 'credit' : 'credits'}`
  return usd === null ? credits : `${credits} (${usd})`
}

function sourceOf({ source }: Pick<Cost, 'source'>): string {
  switch (source) {
    case 'provider':
      return 'as the provider reported it'
    case 'provider_estimate':
      return 'an estimate by the provider'
    case 'price_table':
      return 'an estimate from published prices'
  }
}

export function isNothing(cost: Cost): boolean {
  return 'credits' in cost ? cost.credits === 0 : cost.amount_usd === 0
}

/** A cost in the data of an event. Null: it is none. */
export function costIn(value: unknown): Cost | null {
  if (typeof value !== 'object' || value === null) return null
  const source = 'source' in value ? value.source : null
  if (source !== 'provider' && source !== 'provider_estimate' && source !== 'price_table') return null
  const usd = 'amount_usd' in value && typeof value.amount_usd === 'number' ? value.amount_usd : null
  if ('credits' in value && typeof value.credits === 'number') {
    return { credits: value.credits, ...(usd !== null && { amount_usd: usd }), source }
  }
  return usd === null ? null : { amount_usd: usd, source }
}
