/** The fields of the dialect → the body of POST /v1/jobs. Fields with one name in both are validated there. No I/O. */
import { z } from '@hono/zod-openapi'
import type { Config } from '../../../config.ts'
import type { Resolution } from '../../../core/request/choices.ts'
import type { MediaFields } from '../../../core/request/media.ts'
import { choosesRatio } from '../../../core/request/model-limits.ts'
import { shapeOf, sizeFault } from '../../../core/request/size.ts'
import type { Providers } from '../../../providers/index.ts'
import { type FieldFault, fieldFaults } from '../../problems.ts'
import { modelFault, modelNamed, resolutionsOf } from '../models.ts'
import type { Names } from '../names.ts'
import { framesIn, framesSchema, type Notes, referencesIn, referencesSchema } from './media.ts'
import { fieldsOf, optionsIn, providerSchema, unknownField } from './options.ts'

export interface Translation {
  /** Without `media`. */
  request: Record<string, unknown>
  media: MediaFields
  names: Names
  faults: FieldFault[]
}

/** They have the same meaning in both. */
const sameFields = ['prompt', 'duration', 'seed', 'generate_audio', 'callback_url']

/** Notes for the reports of OpenRouter. They change no video. */
const ignoredFields = ['session_id', 'user', 'trace']

const schemas = {
  model: z.string(),
  size: z.string().optional(),
  resolution: z.string().optional(),
  aspect_ratio: z.string().optional(),
  frame_images: framesSchema,
  input_references: referencesSchema,
  provider: providerSchema,
}

/** `posted`: a JSON object. */
export function translate(
  { config, providers }: { config: Pick<Config, 'modelAliases'>; providers: Providers },
  posted: Record<string, unknown>,
): Translation {
  // Clients write null, and the AI SDK an empty prompt, for what they leave out.
  const body = Object.fromEntries(
    Object.entries(posted).filter(([, value]) => value !== null && value !== ''),
  )
  const faults = unknownFields(body)
  const read = <Value>(name: keyof typeof schemas, schema: z.ZodType<Value>): Value | undefined => {
    const parsed = schema.safeParse(body[name])
    if (!parsed.success) faults.push(...fieldFaults(parsed.error, name))
    return parsed.data
  }
  const names = new Map<string, string>()
  const model = modelIn(config, read('model', schemas.model), faults)
  const frames = read('frame_images', schemas.frame_images) ?? []
  const options = optionsIn(read('provider', schemas.provider) ?? { options: {} }, faults)
  const shape = shapeIn(
    {
      size: read('size', schemas.size),
      resolution: read('resolution', schemas.resolution),
      aspect_ratio: read('aspect_ratio', schemas.aspect_ratio),
    },
    {
      offered: resolutionsOf(providers, model ?? null),
      isRatioChosen: choosesRatio(
        model ?? null,
        frames.length > 0 || Object.hasOwn(options.own, 'first_frame'),
      ),
    },
    { names, faults },
  )
  const references = read('input_references', schemas.input_references) ?? []
  // As at OpenRouter, frames win over references.
  const media = frames.length > 0 ? framesIn(frames, { names, faults }) : referencesIn(references, names)
  const same = Object.fromEntries(Object.entries(body).filter(([name]) => sameFields.includes(name)))
  // The callback URL of an API key has a receiver of its own format.
  const format = Object.hasOwn(same, 'callback_url') ? { callback_format: 'openrouter' } : {}
  const made = { ...same, ...shape, model }
  const madeMedia = Object.fromEntries(Object.entries(media).filter(([, given]) => given.length > 0))
  const further = fieldsOf(options, { ...made, ...madeMedia }, { names, faults })
  return { request: { ...format, ...made, ...further }, media, names, faults }
}

function unknownFields(body: Record<string, unknown>): FieldFault[] {
  const known = [...Object.keys(schemas), ...sameFields, ...ignoredFields]
  return Object.keys(body)
    .filter((name) => !known.includes(name))
    .map((path) =>
      path === 'previous_job_id'
        ? { path, message: 'is not supported: give the link to the earlier video as an input reference' }
        : unknownField(path, path),
    )
}

function modelIn(config: Pick<Config, 'modelAliases'>, name: string | undefined, faults: FieldFault[]) {
  if (name === undefined) return undefined
  const model = modelNamed(config, name)
  if (model === null) faults.push({ path: 'model', message: modelFault(config) })
  return model ?? undefined
}

interface Asked {
  size: string | undefined
  resolution: string | undefined
  aspect_ratio: string | undefined
}

/** A size means the nearest shape. A resolution, an aspect ratio or a frame that decides the ratio wins. */
function shapeIn(
  { size, resolution, aspect_ratio }: Asked,
  { offered, isRatioChosen }: { offered: readonly Resolution[]; isRatioChosen: boolean },
  { names, faults }: Notes,
) {
  const shape = size === undefined ? undefined : shapeOf(size, offered)
  if (shape === null) faults.push({ path: 'size', message: sizeFault })
  for (const field of ['resolution', 'aspect_ratio']) if (shape) names.set(field, 'size')
  if (resolution !== undefined) names.delete('resolution')
  if (aspect_ratio !== undefined) names.delete('aspect_ratio')
  const asked = {
    resolution: resolution?.toLowerCase() ?? shape?.resolution,
    aspect_ratio:
      aspect_ratio === 'adaptive'
        ? 'auto'
        : (aspect_ratio ?? (isRatioChosen ? shape?.aspect_ratio : undefined)),
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}
