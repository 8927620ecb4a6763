/** GET /v1/models: models × providers, with modes, limits and prices. The same data decides who is eligible. */
import { createRoute, z } from '@hono/zod-openapi'
import type { SentForm } from '../../core/request/media.ts'
import {
  aspectRatios,
  maxCount,
  maxDurationSeconds,
  maxReferences,
  minDurationSeconds,
  models,
  providerNames,
  resolutions,
} from '../../core/request/request.ts'
import { allProviders } from '../../providers/index.ts'
import type { MediaLimits, Provider } from '../../providers/provider.ts'
import { withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'

const mode = z.object({ aspect_ratios: z.array(z.enum(aspectRatios)).readonly() })
const forms = z.array(z.enum(['url', 'data_uri', 'crun_asset', 'runware_id'])).readonly()

const mediaLimits = z
  .object({
    content_types: z.array(z.string()).readonly(),
    pixels: z.object({ min: z.int(), max: z.int() }).meta({ description: 'Width times height.' }),
    max_seconds: z.number(),
    max_seconds_together: z.number().meta({ description: 'Of several.' }),
  })
  .partial()

const offerSchema = z.object({
  provider: z.enum(providerNames),
  configured: z.boolean().meta({ description: 'Whether it has a key here; only then it is asked.' }),
  webhooks: z.boolean().meta({ description: 'Whether it tells the end by itself, or is polled.' }),
  modes: z.object({ text: mode, frames: mode, references: mode }),
  resolutions: z.array(z.enum(resolutions)).readonly(),
  limits: z.object({
    prompt: z.object({ required: z.boolean(), min_length: z.int(), max_length: z.int() }),
    duration: z.object({ min_seconds: z.int(), max_seconds: z.int(), auto: z.boolean() }),
    count: z.object({ max: z.int(), per_task: z.int() }),
    references: z.object({ images: z.int(), videos: z.int(), audios: z.int() }),
    seed: z.boolean(),
    media: z.object({
      first_frame: forms,
      last_frame: forms,
      reference_images: forms,
      reference_videos: forms,
      reference_audios: forms,
    }),
    media_files: z
      .object({
        first_frame: mediaLimits,
        last_frame: mediaLimits,
        reference_images: mediaLimits,
        reference_videos: mediaLimits,
        reference_audios: mediaLimits,
      })
      .meta({
        description:
          'What it documents of the files. Assets and data: URIs are held to it; what a URL leads to is not looked at.',
      }),
  }),
  provider_options: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema.' }),
  prices: z
    .object({
      source: z.string(),
      as_of: z.string(),
      usd_per_second: z.array(
        z.object({ resolution: z.enum(resolutions), usd: z.number(), with_reference_videos_usd: z.number() }),
      ),
    })
    .nullable()
    .meta({ description: 'As published. Null: it publishes none, and POST /v1/estimates asks it.' }),
})

const modelSchema = z.object({ model: z.enum(models), providers: z.array(offerSchema) }).openapi('Model')

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List the models',
  responses: {
    ...withoutKey,
    200: {
      description: 'Every model, and what each provider makes of it.',
      content: { 'application/json': { schema: z.object({ data: z.array(modelSchema) }) } },
    },
  },
})

export const modelRoutes = createRouter()

modelRoutes.openapi(list, (c) => {
  const configured = c.get('context').providers
  const data = models.map((model) => ({
    model,
    providers: allProviders().map((provider) => ({
      configured: configured[provider.name] !== undefined,
      ...offerOf(provider, model),
    })),
  }))
  return c.json({ data }, 200)
})

/** What is embedded becomes an asset, and that reaches a provider as a URL does. */
function formsOf(media: Provider['capabilities']['media']) {
  const withEmbedded = (taken: readonly SentForm[]) => {
    const others = taken.filter((form) => form !== 'url' && form !== 'data_uri')
    return [...(taken.includes('url') ? (['url', 'data_uri'] as const) : []), ...others]
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
  const view = ({ contentTypes, pixels, maxSeconds, maxTotalSeconds }: MediaLimits = {}) => ({
    content_types: contentTypes,
    pixels,
    max_seconds: maxSeconds,
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

function offerOf(
  { name, capabilities, options, parseWebhook: read }: Provider,
  model: (typeof models)[number],
): Omit<z.infer<typeof offerSchema>, 'configured'> {
  const { aspectRatios, promptLength, prices } = capabilities
  const published = Object.entries(prices?.perSecond[model] ?? {})
  return {
    provider: name,
    webhooks: read !== undefined,
    modes: {
      text: { aspect_ratios: aspectRatios.text },
      frames: { aspect_ratios: aspectRatios.frames },
      references: { aspect_ratios: aspectRatios.references },
    },
    resolutions: capabilities.models[model].resolutions,
    limits: {
      prompt: {
        required: capabilities.prompt === 'required',
        min_length: promptLength.min,
        max_length: promptLength.max,
      },
      duration: {
        min_seconds: minDurationSeconds,
        max_seconds: maxDurationSeconds,
        auto: capabilities.durations === 'seconds_or_auto',
      },
      count: { max: maxCount, per_task: capabilities.outputsPerTask },
      references: maxReferences,
      seed: capabilities.seeds === 'exact',
      media: formsOf(capabilities.media),
      media_files: filesOf(capabilities.mediaLimits),
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
