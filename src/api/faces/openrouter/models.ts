/** GET /videos/models: our models as OpenRouter lists its own. */
import { aspectRatios, type Model, resolutions } from '../../../core/request/choices.ts'
import { modelLimits } from '../../../core/request/model-limits.ts'
import { selectable } from '../../../core/request/selection.ts'
import { sizeOf } from '../../../core/request/size.ts'
import type { ModelView } from '../../models/schema.ts'

/** A value is listed if one of the configured providers offers it. */
export function viewModel({ model, providers }: ModelView) {
  const offers = selectable(
    providers.filter(({ configured }) => configured),
    ({ provider }) => provider,
  )
  const offered = resolutions.filter((one) => offers.some((offer) => offer.resolutions.includes(one)))
  const ratios = aspectRatios.filter((one) => one !== 'auto')
  const id = `bytedance/${model}`
  return {
    id,
    canonical_slug: id,
    name: nameOf(model),
    // Required by OpenRouter's clients, and not known here.
    created: 0,
    supported_resolutions: offered,
    supported_aspect_ratios: ratios,
    supported_sizes: offered.flatMap((resolution) =>
      ratios.map((aspect_ratio) => sizeOf({ aspect_ratio, resolution })),
    ),
    supported_durations: durationsOf(model),
    supported_frame_images: ['first_frame', 'last_frame'],
    generate_audio: true,
    seed: offers.some(({ limits }) => limits.seed),
    pricing_skus: Object.fromEntries(pricesOf(offers)),
    allowed_passthrough_parameters: ['reelhook', ...offers.map(({ provider }) => provider)],
  }
}

function durationsOf(model: Model): number[] {
  const { min, max } = modelLimits[model].durationSeconds
  return Array.from({ length: max - min + 1 }, (_, n) => min + n)
}

/** `seedance-2.0-fast` → `Seedance 2.0 Fast`. */
function nameOf(model: Model): string {
  return model
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}

/** The lowest published price of a second for each resolution. */
function pricesOf(offers: ModelView['providers']): [string, string][] {
  return resolutions.flatMap((resolution) => {
    const prices = offers.flatMap(({ prices }) =>
      (prices?.usd_per_second ?? []).filter((price) => price.resolution === resolution).map(({ usd }) => usd),
    )
    return prices.length === 0 ? [] : [[`per-video-second-${resolution}`, String(Math.min(...prices))]]
  })
}
