/** A model in responses: what each provider offers of it. */
import { z } from '@hono/zod-openapi'
import {
  aspectRatios,
  models,
  outputFormats,
  providerNames,
  resolutions,
} from '../../core/request/choices.ts'
import { cancelStages } from '../../providers/cancels.ts'

const mode = z.object({ aspect_ratios: z.array(z.enum(aspectRatios)).readonly() })
const forms = z.array(z.enum(['url', 'data_uri', 'crun_asset', 'runware_id'])).readonly()

const mediaLimits = z
  .object({
    content_types: z.array(z.string()).readonly(),
    pixels: z.object({ min: z.int(), max: z.int() }).meta({ description: 'Width times height.' }),
    side_pixels: z.object({ min: z.int(), max: z.int() }).meta({ description: 'The width, and the height.' }),
    width_by_height: z
      .object({ min: z.number(), max: z.number() })
      .meta({ description: 'The width divided by the height.' }),
    min_seconds: z.number(),
    max_seconds: z.number(),
    max_seconds_together: z.number().meta({ description: 'The limit for all files of the field together.' }),
  })
  .partial()

export const offerSchema = z.object({
  provider: z.enum(providerNames),
  configured: z
    .boolean()
    .meta({ description: 'Whether it has an API key here. Jobs can run only at configured providers.' }),
  webhooks: z.boolean().meta({ description: 'Whether it sends webhooks. Otherwise it is polled.' }),
  cancels: z.enum(cancelStages).meta({
    description:
      'Until when it cancels the task of a canceled job: never, while the task is queued, or also while it is running. A canceled task is not billed.',
  }),
  modes: z.object({ text: mode, frames: mode, references: mode }),
  resolutions: z.array(z.enum(resolutions)).readonly(),
  output_formats: z.array(z.enum(outputFormats)).readonly(),
  limits: z.object({
    prompt: z.object({ required: z.boolean(), min_length: z.int(), max_length: z.int() }),
    duration: z.object({ min_seconds: z.int(), max_seconds: z.int(), auto: z.boolean() }),
    count: z.object({ max: z.int(), per_task: z.int() }),
    references: z.object({
      images: z.int(),
      videos: z.int(),
      audios: z.int(),
      audios_alone: z.boolean(),
    }),
    deadline: z.object({ default_seconds: z.int() }),
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
          'The documented limits of its media files. They are checked for assets and data: URIs, not for files behind URLs.',
      }),
  }),
  provider_options: z.record(z.string(), z.unknown()).meta({ description: 'A JSON Schema.' }),
  prices: z
    .object({
      source: z.string(),
      as_of: z.string(),
      usd_per_second: z.array(
        z.object({
          resolution: z.enum(resolutions),
          usd: z.number().meta({
            description:
              'byteplus bills pixels: it is that of a video in 16:9, and another shape costs at most 1 % more.',
          }),
          with_reference_videos_usd: z
            .number()
            .nullable()
            .openapi({ description: 'Null: it depends on the length of the videos.' }),
        }),
      ),
    })
    .nullable()
    .meta({
      description:
        'Published prices. Null: it publishes none in US dollars. POST /v1/estimates has the price of a request: it asks the provider, or computes it, at Volcengine in credits of one yuan.',
    }),
})

export const modelSchema = z
  .object({ model: z.enum(models), providers: z.array(offerSchema) })
  .openapi('Model')

export type ModelView = z.infer<typeof modelSchema>
