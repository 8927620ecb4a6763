/** GET /v1/models: models × providers, with modes, limits and prices. The same data decides which are eligible. */
import { createRoute, z } from '@hono/zod-openapi'
import { type Model, maxCount, models, type ProviderName, resolutions } from '../../core/request/choices.ts'
import type { SentForm } from '../../core/request/media.ts'
import { type MediaLimits, type Offer, offerOf } from '../../providers/capabilities.ts'
import { allProviders, offeredProviders } from '../../providers/index.ts'
import type { Provider } from '../../providers/provider.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { type ModelView, modelSchema, type offerSchema } from './schema.ts'

const list = createRoute({
  operationId: 'listModels',
  tags: ['Models'],
  method: 'get',
  path: '/',
  summary: 'List models',
  description: 'Shows every model with each provider of it, also those without an API key here.',
  responses: {
    ...keyProblems,
    200: json(
      'Every model with the modes, limits and prices of each provider.',
      z.object({ data: z.array(modelSchema) }),
    ),
  },
})

export const modelRoutes = createRouter()

modelRoutes.openapi(list, (c) => {
  const { providers } = c.get('context')
  const configured = offeredProviders(providers).map(({ name }) => name)
  const shown = allProviders()
    .filter(({ name, isOnlyForAdmin }) => !isOnlyForAdmin || configured.includes(name))
    // A setting may change what an account has: its currency, for example.
    .map((provider) => providers[provider.name] ?? provider)
  return c.json({ data: models.map((model) => viewModel(model, shown, configured)) }, 200)
})

export function viewModel(
  model: Model,
  providers: readonly Provider[],
  configured: readonly ProviderName[],
): ModelView {
  return {
    model,
    providers: providers.flatMap((provider) => {
      const offer = offerOf(provider.capabilities, model)
      if (offer === null) return []
      return [{ configured: configured.includes(provider.name), ...viewOffer(provider, model, offer) }]
    }),
  }
}

function viewOffer(
  { name, options, parseWebhook }: Provider,
  model: Model,
  offer: Offer,
): Omit<z.infer<typeof offerSchema>, 'configured'> {
  const { aspectRatios, limits, promptLength, prices } = offer
  const published = Object.entries(prices?.perSecond[model] ?? {})
  return {
    provider: name,
    webhooks: parseWebhook !== undefined,
    cancels: offer.cancels,
    modes: {
      text: { aspect_ratios: aspectRatios.text },
      frames: { aspect_ratios: aspectRatios.frames },
      references: { aspect_ratios: aspectRatios.references },
    },
    resolutions: offer.resolutions,
    output_formats: offer.outputFormats,
    limits: {
      prompt: {
        required: offer.prompt === 'required',
        min_length: promptLength.min,
        max_length: promptLength.max,
      },
      duration: {
        min_seconds: limits.durationSeconds.min,
        max_seconds: limits.durationSeconds.max,
        auto: offer.durations === 'seconds_or_auto',
      },
      count: { max: maxCount, per_task: offer.outputsPerTask },
      references: { ...limits.references, audios_alone: limits.audios === 'also_alone' },
      deadline: { default_seconds: limits.deadlineSeconds },
      seed: offer.seeds === 'exact',
      media: formsOf(offer.media),
      media_files: filesOf(offer.mediaLimits),
    },
    provider_options: z.toJSONSchema(options, { io: 'input' }),
    prices:
      prices === null || published.length === 0
        ? null
        : {
            source: prices.source,
            as_of: prices.asOf,
            usd_per_second: resolutions.flatMap((resolution) => {
              const price = prices.perSecond[model]?.[resolution]
              return price === undefined
                ? []
                : [{ resolution, usd: price.usd, with_reference_videos_usd: price.withVideosUsd }]
            }),
          },
  }
}

/** An embedded file becomes an asset, and a provider gets an asset by URL. */
function formsOf(media: Provider['capabilities']['media']) {
  const withEmbedded = (accepted: readonly SentForm[]) => {
    const others = accepted.filter((form) => form !== 'url' && form !== 'data_uri')
    return [...(accepted.includes('url') ? (['url', 'data_uri'] as const) : []), ...others]
  }
  return {
    first_frame: withEmbedded(media.first_frame),
    last_frame: withEmbedded(media.last_frame),
    reference_images: withEmbedded(media.reference_images),
    reference_videos: withEmbedded(media.reference_videos),
    reference_audios: withEmbedded(media.reference_audios),
  }
}

function filesOf(limits: Provider['capabilities']['mediaLimits']) {
  const view = ({ contentTypes, maxTotalSeconds, ...limits }: MediaLimits = {}) => ({
    content_types: contentTypes,
    pixels: limits.pixels,
    side_pixels: limits.side,
    width_by_height: limits.shape,
    min_seconds: limits.minSeconds,
    max_seconds: limits.maxSeconds,
    max_seconds_together: maxTotalSeconds,
  })
  return {
    first_frame: view(limits.first_frame),
    last_frame: view(limits.last_frame),
    reference_images: view(limits.reference_images),
    reference_videos: view(limits.reference_videos),
    reference_audios: view(limits.reference_audios),
  }
}
