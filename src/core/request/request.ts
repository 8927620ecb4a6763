/**
 * The request: the video that a caller wants, in Reelhook's own terms. A request that passes here is well-formed.
 * Whether a provider can make it is decided in providers/. No I/O. No clock.
 */
import { z } from 'zod'
import { defaultEventTypes } from '../event.ts'
import { isRecord, tooDeepAt } from '../http/json.ts'
import { maxRetentionDays } from '../retention.ts'
import { isMeantAsUrl, urlOf, urlOrTextOf } from '../url/parse.ts'
import { callbackHeadersSchema } from './callback-headers.ts'
import { aspectRatios, maxCount, models, outputFormats, providerNames, resolutions } from './choices.ts'
import { eventFormatSchema, eventTypesSchema } from './event-fields.ts'
import { maxUrlLength, mediaFault } from './media.ts'
import { modelLimits, widestLimits } from './model-limits.ts'
import { providerField } from './provider-field.ts'
import { isDecided } from './rule.ts'
import { rules } from './rules.ts'
import { textOf } from './text.ts'
import { wholeNumber } from './whole-number.ts'

// One D1 row holds at most 2 MB; the request must fit in it with room to spare.
export const maxMediaLength = 300_000
const maxDeadlineSeconds = 86_400

const media = urlOrTextOf(
  z
    .string()
    .max(maxMediaLength)
    .refine((value) => isMeantAsUrl(value) || mediaFault(value) === null, {
      error: ({ input }) => mediaFault(String(input)) ?? 'is not valid media',
    }),
  maxUrlLength,
).meta({
  description:
    'An https URL (stored and sent as the URL standard normalizes it), the asset_… id of an upload (POST /v1/assets), or a data: URI with base64 content. Media already stored at a provider can be named by its id there, and only that provider can use it: asset://… at Crun, a UUID at Runware.',
  example: 'https://example.com/boat.png',
})

/** A symmetric secret in the form of Standard Webhooks. */
export const callbackSecretSchema = z
  .string()
  .refine(isSigningSecret, 'must be whsec_ followed by 24 to 64 bytes in base64')

export const callbackUrlSchema = urlOf(2_048)

/** Metadata of this size fits into every event, beside the fields that an event must have (event-body.ts). */
export const maxMetadataBytes = 8_192

export const metadataSchema = z
  .record(textOf({ min: 1, max: 64 }), textOf({ max: 512 }))
  .refine((metadata) => Object.keys(metadata).length <= 20, 'must have at most 20 keys')
  .refine(
    (metadata) => new TextEncoder().encode(JSON.stringify(metadata)).length <= maxMetadataBytes,
    `must have at most ${maxMetadataBytes} bytes as JSON in UTF-8`,
  )

const {
  durationSeconds: { min, max },
  references,
} = widestLimits
const durationFault = `must be a whole number of seconds from ${min} to ${max}, or "auto"`
export const deadlineSchema = wholeNumber(60, maxDeadlineSeconds)

/** The body of `POST /v1/jobs`, field by field. */
export const requestFields = z.strictObject({
  model: z.enum(models),
  prompt: textOf({ min: 1, max: 10_000 }, z.string().trim()).optional().meta({
    description:
      'Refer to references with {{image:1}}, {{video:1}}, {{audio:1}}, counted from 1. [[image:1]] means the same, for tools that use {{ }} themselves. Spacing and case do not matter. Text that is nearly a tag is refused. The prompt is optional with a first frame, or with image or video references, if the provider allows it.',
    example: 'A paper boat drifts down a rainy gutter',
  }),
  first_frame: media.optional(),
  last_frame: media.optional(),
  reference_images: z.array(media).max(references.images).default([]),
  reference_videos: z.array(media).max(references.videos).default([]),
  reference_audios: z.array(media).max(references.audios).default([]),
  duration: z
    .union([z.int(durationFault).min(min, durationFault).max(max, durationFault), z.literal('auto')], {
      error: durationFault,
    })
    .default(5)
    .meta({ description: 'Seconds, within the limits of the model, or "auto" where a provider can choose.' }),
  resolution: z.enum(resolutions).default('720p'),
  aspect_ratio: z.enum(aspectRatios).optional(),
  output_format: z.enum(outputFormats).optional().meta({
    description: 'Default: mp4. GET /v1/models lists where mov can be had.',
  }),
  generate_audio: z.boolean().default(true),
  seed: wholeNumber(0, 4_294_967_295).optional(),
  count: wholeNumber(1, maxCount).default(1),
  provider: providerField,
  provider_options: z
    .partialRecord(z.enum(providerNames), z.record(z.string(), z.unknown()))
    .default({})
    .meta({
      description:
        "Each provider's other documented parameters, as GET /v1/models lists them. Unknown parameters are refused.",
    }),
  callback_url: callbackUrlSchema.optional().meta({
    description: 'Default: the callback_url of the API key.',
  }),
  callback_secret: callbackSecretSchema.optional(),
  callback_headers: callbackHeadersSchema.optional(),
  callback_events: eventTypesSchema.default([...defaultEventTypes]).meta({
    description:
      'job.generating, output.stored, output.late, output.exported and job.erased are sent only if listed here.',
  }),
  callback_format: eventFormatSchema.default('reelhook'),
  metadata: metadataSchema.default({}).meta({
    description: `Included in full in every event of the job. At most 20 keys of 1 to 64 characters, values of at most 512 characters, and ${maxMetadataBytes} bytes in total, as JSON in UTF-8.`,
  }),
  max_cost_usd: z.number().positive().max(10_000).optional().meta({
    description:
      'The job is refused unless the estimate of at least one provider for the whole job is at most this.',
  }),
  resubmit_unknown: z.boolean().default(false).meta({
    description:
      'true risks a second bill to save time. If a provider does not confirm whether it accepted a task, Reelhook normally waits until it knows, or until the deadline, and buys nothing in the meantime. With true it waits two minutes, then submits the task once more, to another allowed provider if there is one. Both submissions may be billed. If Runware is the only allowed provider, it receives the same submission again and makes it once. After a second unknown outcome it waits.',
  }),
  deadline_seconds: deadlineSchema.optional().meta({
    description: 'Default: that of the model, in GET /v1/models.',
  }),
  retention_days: wholeNumber(0, maxRetentionDays).optional().meta({
    description:
      'The job and its videos are erased this many days after its end. 0: kept. Default: the setting of this deployment.',
  }),
})

type Fields = z.infer<typeof requestFields>

/** The body of `POST /v1/jobs`. Parsing reports every fault at once. */
export const requestSchema = rules
  .reduce(
    (schema, rule) =>
      schema.refine((request) => rule.broken(request) === null, {
        path: [rule.path],
        error: (issue) => rule.broken(issue.input as Fields) ?? 'is not allowed',
        when: ({ value, issues }) =>
          isRecord(value) && isDecided(rule, value, new Set(issues.map(({ path }) => path?.[0]))),
      }),
    requestFields,
  )
  .transform(withDefaults)

export type PostedRequest = z.infer<typeof requestSchema>

/** The request as it is stored with the job (stored.ts). The secret and the headers are stored separately, encrypted. */
export type JobRequest = Omit<PostedRequest, 'callback_secret' | 'callback_headers'>

/** The fields of a faulty request that are valid by themselves: checks beyond the schema can still report on them. */
export function wellFormedPart(body: unknown): Partial<Fields> {
  if (!isRecord(body)) return {}
  const entries = Object.entries(requestFields.shape).flatMap(([name, schema]) => {
    const value = body[name]
    const parsed = schema.safeParse(value)
    return parsed.success && parsed.data !== undefined && tooDeepAt(value) === null
      ? [[name, parsed.data]]
      : []
  })
  return Object.fromEntries(entries)
}

/**
 * The defaults that depend on the model are stored with the job, so that it keeps them when they change. `mp4` is what is
 * meant without a format, and is left out: releases without the field can read the request.
 */
export function withDefaults<T extends Pick<Fields, 'model' | 'output_format' | 'deadline_seconds'>>(
  request: T,
): T & { deadline_seconds: number } {
  const { model, output_format: format, deadline_seconds = modelLimits[model].deadlineSeconds } = request
  return { ...request, output_format: format === 'mp4' ? undefined : format, deadline_seconds }
}

function isSigningSecret(value: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1]
  if (encoded === undefined || encoded.length % 4 !== 0) return false
  const byteLength = (encoded.length / 4) * 3 - (encoded.match(/=/g)?.length ?? 0)
  return byteLength >= 24 && byteLength <= 64
}
