/**
 * The request: what a caller wants made, in Reelhook's own words, and the rules that hold at every provider.
 * A request that passes here is well-formed; whether somebody can make it is the providers' to say.
 * No I/O. No clock.
 */
import { z } from 'zod'
import { defaultEventTypes, eventTypes } from '../event.ts'
import { parseDeepJson, readKept, tooDeepAt } from '../http/json.ts'
import { maxRetentionDays } from '../retention.ts'
import { isMeantAsUrl, urlOf, urlOrTextOf } from '../url/parse.ts'
import { countReferences, maxUrlLength, mediaFault } from './media.ts'
import { tagFaults } from './prompt.ts'
import { textOf } from './text.ts'

export const models = ['seedance-2.0', 'seedance-2.0-fast', 'seedance-2.0-mini'] as const
export type Model = (typeof models)[number]

export const providerNames = ['runware', 'crun', 'scenario', 'aimlapi'] as const
export type ProviderName = (typeof providerNames)[number]

/** Ways to leave the choice of the provider to us. */
const choices = ['auto', 'cheapest'] as const

export const resolutions = ['480p', '720p', '1080p', '4k'] as const
export type Resolution = (typeof resolutions)[number]

export const aspectRatios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto'] as const
export type AspectRatio = (typeof aspectRatios)[number]

export const minDurationSeconds = 4
export const maxDurationSeconds = 15
export const maxCount = 4
/** Those of every provider that documents them. */
export const maxReferences = { images: 9, videos: 3, audios: 3 } as const
// One D1 row holds at most 2 MB; the request must fit in it with room to spare.
const maxMediaLength = 300_000
/** How long a job may take at the most. */
const maxDeadlineSeconds = 86_400

const media = urlOrTextOf(
  z
    .string()
    .max(maxMediaLength)
    .refine((value) => isMeantAsUrl(value) || mediaFault(value) === null, {
      error: ({ input }) => mediaFault(String(input)) ?? 'is no medium',
    }),
  maxUrlLength,
).meta({
  description:
    'An https URL (kept and sent as the URL standard spells it), the asset_… id of an upload (POST /v1/assets), or a data: URI with base64 content. What lies at a provider already may be given by its name there, and only that provider can use it: asset://… at Crun, a UUID at Runware.',
  example: 'https://example.com/boat.png',
})

/** A symmetric secret as Standard Webhooks writes it. */
export const callbackSecretSchema = z
  .string()
  .refine(isSigningSecret, 'must be whsec_ followed by 24 to 64 bytes in base64')

export const callbackUrlSchema = urlOf(2_048)

/** So that it fits into every event, beside all that an event must say (event-body.ts). */
export const maxMetadataBytes = 8_192

/** Bounded too, so that a list of one type a thousand times is in no event. */
export const eventTypesSchema = z.array(z.enum(eventTypes)).min(1).max(eventTypes.length)

export const metadataSchema = z
  .record(textOf({ min: 1, max: 64 }), textOf({ max: 512 }))
  .refine((metadata) => Object.keys(metadata).length <= 20, 'must have at most 20 keys')
  .refine(
    (metadata) => new TextEncoder().encode(JSON.stringify(metadata)).length <= maxMetadataBytes,
    `must have at most ${maxMetadataBytes} bytes as JSON in UTF-8`,
  )

const fields = z.strictObject({
  model: z.enum(models),
  prompt: textOf({ min: 1, max: 10_000 }, z.string().trim()).optional().meta({
    description:
      'Point at references with {{image:1}}, {{video:1}}, {{audio:1}}, counted from 1. [[image:1]] means the same, for tools that use {{ }} themselves. Spacing and case do not matter. Text that is nearly a tag is refused. Where a provider allows it, a first frame or image or video references may stand alone.',
    example: 'A paper boat drifts down a rainy gutter',
  }),
  first_frame: media.optional(),
  last_frame: media.optional(),
  reference_images: z.array(media).max(maxReferences.images).default([]),
  reference_videos: z.array(media).max(maxReferences.videos).default([]),
  reference_audios: z.array(media).max(maxReferences.audios).default([]),
  duration: z
    .union([z.int().min(minDurationSeconds).max(maxDurationSeconds), z.literal('auto')], {
      error: `must be a whole number of seconds from ${minDurationSeconds} to ${maxDurationSeconds}, or "auto"`,
    })
    .default(5)
    .meta({ description: 'Seconds, or "auto" where a provider can choose.' }),
  resolution: z.enum(resolutions).default('720p'),
  aspect_ratio: z.enum(aspectRatios).optional(),
  generate_audio: z.boolean().default(true),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  count: z.int().min(1).max(maxCount).default(1),
  provider: z
    .union(
      [
        z.enum(choices),
        z.enum(providerNames),
        z.array(z.enum(providerNames)).min(1).max(providerNames.length),
      ],
      {
        error: `must be "auto", "cheapest", one of ${providerNames.join(', ')}, or a list of these in order of preference`,
      },
    )
    .default('auto')
    .meta({
      description:
        'auto: in the order set for this deployment. cheapest: by estimate in dollars, whose price is not known last.',
    }),
  provider_options: z
    .partialRecord(z.enum(providerNames), z.record(z.string(), z.unknown()))
    .default({})
    .meta({
      description:
        "Each provider's remaining documented parameters, as GET /v1/models has them; unknown ones are refused.",
    }),
  callback_url: callbackUrlSchema.optional(),
  callback_secret: callbackSecretSchema.optional(),
  callback_events: eventTypesSchema.default([...defaultEventTypes]).meta({
    description: 'job.generating, output.stored and job.erased come only where they are asked for.',
  }),
  metadata: metadataSchema.default({}).meta({
    description: `Comes back in every event of the job, whole. At most 20 keys of 1 to 64 characters, values of at most 512 characters, and ${maxMetadataBytes} bytes together, counted as JSON in UTF-8.`,
  }),
  max_cost_usd: z.number().positive().max(10_000).optional().meta({
    description: 'Refused unless a provider is known to make the whole job for no more than that.',
  }),
  resubmit_unknown: z.boolean().default(false).meta({
    description:
      'For a caller who would rather risk a second bill than wait. When a provider does not say whether it accepted a task, Reelhook normally waits until it is known or the deadline is reached, and buys nothing meanwhile. With true it waits for two minutes, then submits the task once more, to another allowed provider if there is one. Both may be billed. Where Runware is the only one allowed, it is sent the same submission again, which it makes once. A second unknown answer is waited for.',
  }),
  deadline_seconds: z.int().min(60).max(maxDeadlineSeconds).default(1_800),
  retention_days: z.int().min(0).max(maxRetentionDays).optional().meta({
    description:
      'Erased so many days after its end, with its videos. 0: kept. Left out: as this deployment has it set.',
  }),
})

type Fields = z.infer<typeof fields>
type Field = keyof Fields

/** A rule over several fields. It is asked as soon as the fields it reads are well-formed each by itself. */
interface Rule {
  path: Field
  reads: Field[]
  broken: (request: Fields) => string | null
}

// In this order no rule reads a field that an earlier one may have complained of, so all that are broken speak.
const rules: Rule[] = [
  {
    path: 'prompt',
    reads: ['prompt', 'reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) => {
      const faults = tagFaults(request.prompt ?? '', {
        image: request.reference_images.length,
        video: request.reference_videos.length,
        audio: request.reference_audios.length,
      })
      return faults.length > 0 ? faults.join('; ') : null
    },
  },
  {
    path: 'prompt',
    reads: ['prompt', 'first_frame', 'reference_images', 'reference_videos'],
    broken: (request) => {
      const { prompt, first_frame, reference_images, reference_videos } = request
      const isSaid = prompt !== undefined || first_frame !== undefined
      return isSaid || reference_images.length + reference_videos.length > 0
        ? null
        : 'is needed unless a first_frame, reference_images or reference_videos are given'
    },
  },
  {
    path: 'last_frame',
    reads: ['first_frame', 'last_frame'],
    broken: (request) =>
      request.last_frame !== undefined && request.first_frame === undefined ? 'needs a first_frame' : null,
  },
  {
    path: 'first_frame',
    reads: ['first_frame', 'reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      request.first_frame !== undefined && countReferences(request) > 0
        ? 'excludes reference_images, reference_videos and reference_audios: use frames or references'
        : null,
  },
  {
    path: 'reference_audios',
    reads: ['reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      countReferences(request) > 0 && countReferences(request) === request.reference_audios.length
        ? 'needs at least one of reference_images or reference_videos beside it'
        : null,
  },
  {
    path: 'callback_secret',
    reads: ['callback_url', 'callback_secret'],
    broken: (request) =>
      request.callback_secret !== undefined && request.callback_url === undefined
        ? 'needs a callback_url to sign for'
        : null,
  },
]

/** A whole request body of `POST /v1/jobs`. Parsing names every fault at once. */
export const requestSchema = rules.reduce(
  (schema, rule) =>
    schema.refine((request) => rule.broken(request) === null, {
      path: [rule.path],
      error: (issue) => rule.broken(issue.input as Fields) ?? 'is not allowed',
      when: ({ value, issues }) =>
        isRecord(value) && !issues.some(({ path }) => rule.reads.some((field) => field === path?.[0])),
    }),
  fields,
)

export type PostedRequest = z.infer<typeof requestSchema>

/** The request as it is kept with the job: without the secret, which is kept apart and encrypted. */
export const keptRequestSchema = fields.omit({ callback_secret: true })

export type JobRequest = z.infer<typeof keptRequestSchema>

/** A kept request, as JSON. Of a damaged one only the well-formed fields are left, and `isWhole` is false. */
export function readKeptRequest(json: string, model: Model): { request: JobRequest; isWhole: boolean } {
  const kept = readKept(keptRequestSchema, json)
  if (kept !== undefined) return { request: kept, isWhole: true }
  const { callback_secret: _, ...part } = wellFormedPart(parseDeepJson(json))
  return { request: { ...keptRequestSchema.parse({ ...part, model: models[0] }), model }, isWhole: false }
}

/** The fields of a faulty request that are well-formed each by itself: what can still be said of them is said. */
export function wellFormedPart(body: unknown): Partial<Fields> {
  if (!isRecord(body)) return {}
  const entries = Object.entries(fields.shape).flatMap(([name, schema]) => {
    const value = (body as Record<string, unknown>)[name]
    const parsed = schema.safeParse(value)
    return parsed.success && parsed.data !== undefined && tooDeepAt(value) === null
      ? [[name, parsed.data]]
      : []
  })
  return Object.fromEntries(entries)
}

// Standard Webhooks: a symmetric secret is whsec_ and 24 to 64 bytes in base64.
function isSigningSecret(value: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1]
  if (encoded === undefined || encoded.length % 4 !== 0) return false
  const byteLength = (encoded.length / 4) * 3 - (encoded.match(/=/g)?.length ?? 0)
  return byteLength >= 24 && byteLength <= 64
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
