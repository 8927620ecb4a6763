/** The cost of a request at a provider. An estimate spends nothing. */

import { withLinks } from '../../assets/links.ts'
import type { Config } from '../../config.ts'
import type { Context } from '../../context.ts'
import type { Cost } from '../../core/cost.ts'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { fail, type Result } from '../../core/fault.ts'
import { isDataUri, mapMedia } from '../../core/request/media.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { priceOf } from '../../providers/price-table.ts'
import type { Provider } from '../../providers/provider.ts'

/**
 * For information alone, no dry run is sent: it resembles a purchase. For a budget, a provider without a price in US dollars
 * is not eligible.
 */
export type EstimatePurpose = 'decision' | 'information' | 'budget'

export async function estimate(
  context: Context,
  provider: Provider,
  request: JobRequest,
  purpose: EstimatePurpose,
): Promise<Result<Cost>> {
  const published = priceOf(provider.capabilities.prices, request)
  if (published !== null) return { ok: true, value: published }
  const { estimates } = provider.capabilities
  const requestPrice = estimates === 'dry_run' && purpose === 'information' ? undefined : provider.estimate
  if (requestPrice === undefined)
    return fail('price_unknown', `${provider.name} publishes no price for this.`)
  if (estimates === 'computed') return requestPrice(request)
  return cached(context, await cacheKeyOf(provider, request), async () => {
    const linked = await withLinks(context, { request, deadlineAt: context.now() })
    return linked.ok ? requestPrice(withPlaceholders(context, provider, linked.value)) : linked
  })
}

/** Whether the estimate is made without a call. */
export function isComputed({ capabilities }: Provider, request: JobRequest): boolean {
  return capabilities.estimates === 'computed' || priceOf(capabilities.prices, request) !== null
}

/** Embedded media are stored only when the job is accepted: until then a placeholder URL replaces them. */
function withPlaceholders({ config }: Context, { capabilities }: Provider, request: JobRequest): JobRequest {
  const url = `${config.publicBaseUrl}/v1/assets/embedded/content`
  const takesImages = capabilities.media.first_frame.includes('data_uri')
  return mapMedia(request, (media) =>
    isDataUri(media) && !(takesImages && /^data:image\//i.test(media)) ? url : media,
  )
}

const priceLifetimeMs = 10 * 60_000
// Callers wait for estimates, so a provider that is down is not called again for every job.
const faultLifetimeMs = 60_000
const maxCachedPrices = 1_000

/** Prices seldom change, and requests of one shape are frequent. The cache lives as long as the isolate. */
const caches = new WeakMap<Config, Map<string, { price: Result<Cost>; expiresAt: number }>>()

async function cached(
  { config, now }: Context,
  key: string,
  load: () => Promise<Result<Cost>>,
): Promise<Result<Cost>> {
  const cache = caches.get(config) ?? new Map()
  caches.set(config, cache)
  const entry = cache.get(key)
  if (entry !== undefined && entry.expiresAt > now()) return entry.price
  const price = await load()
  if (cache.size >= maxCachedPrices) cache.clear()
  cache.set(key, { price, expiresAt: now() + (price.ok ? priceLifetimeMs : faultLifetimeMs) })
  return price
}

/** Every field that a price may depend on: not the text of the prompt, and not the content of the images. */
function cacheKeyOf({ name }: Provider, request: JobRequest): Promise<string> {
  const { model, resolution, duration, aspect_ratio, generate_audio, count } = request
  const { first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  const frames = [first_frame, last_frame].filter((frame) => frame !== undefined).length
  const media = [frames, reference_images.length, reference_videos, reference_audios]
  const shape = [
    model,
    resolution,
    duration,
    aspect_ratio,
    generate_audio,
    count,
    request.prompt === undefined,
  ]
  return sha256(JSON.stringify([name, shape, media, request.provider_options[name]]))
}

/** Why the price exceeds the limit, or cannot be compared with it. Null: it is within the limit. */
export function limitFault(price: Result<Cost>, limitUsd: number): string | null {
  if (!price.ok) return `its price is not known: ${price.fault.message}`
  const { amount_usd } = price.value
  if (amount_usd !== undefined) return amount_usd <= limitUsd ? null : `it would cost $${amount_usd}`
  return 'its price is in credits, and this deployment does not set what a credit costs'
}
