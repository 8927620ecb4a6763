/** The fields of a request → the body of POST /v1/jobs. Everything else in it is Reelhook's own, and validated there. */
import type { Config } from '../../../config.ts'
import { isRecord } from '../../../core/http/json.ts'
import type { Model } from '../../../core/request/choices.ts'
import { choosesRatio, modelLimits, widestLimits } from '../../../core/request/model-limits.ts'
import { askedKey, writeAsked } from '../../../core/request/openai-entry.ts'
import { type Shape, shapeOf, sizeFault } from '../../../core/request/size.ts'
import type { Providers } from '../../../providers/index.ts'
import type { FieldFault } from '../../problems.ts'
import { modelFault, modelNamed, resolutionsOf } from '../models.ts'
import type { Names } from '../names.ts'

export interface Translation {
  request: Record<string, unknown>
  names: Names
  faults: FieldFault[]
}

interface Deployment {
  config: Pick<Config, 'modelAliases'>
  providers: Providers
}

/** The media of the request: the field that it came in, the field that it is, and its value if it has no fault. */
export interface Medium {
  name: string
  field: 'first_frame' | 'reference_videos'
  value: string | null
  isFile: boolean
}

/** The values of fields that the request leaves out. */
export interface Defaults {
  model: string
  seconds: string
  size: string
}

/** `fields`: without those of the media. */
export function translate(
  deployment: Deployment,
  fields: Record<string, unknown>,
  medium: Medium | null,
  defaults: Defaults,
): Translation {
  const faults: FieldFault[] = []
  const { model: askedModel, seconds: askedSeconds, size: askedSize, user: _user, ...own } = fields
  const made: Record<string, unknown> = {}
  const names = new Map<string, string>()
  const make = (name: string, request: Record<string, unknown>) => {
    for (const [field, value] of Object.entries(request)) {
      names.set(field, name)
      if (Object.hasOwn(own, field))
        faults.push({ path: field, message: `means the same as ${name}: leave it out` })
      else made[field] = value
    }
  }

  const modelName = given(askedModel) ?? defaultModel(deployment, defaults.model)
  const model = typeof modelName === 'string' ? modelNamed(deployment.config, modelName) : null
  make('model', { model })
  if (model === null) faults.push({ path: 'model', message: modelFault(deployment.config) })

  const seconds = given(askedSeconds) ?? (hasOwn(own, 'duration') ? undefined : defaults.seconds)
  if (seconds !== undefined) {
    const duration = numberIn(seconds)
    make('seconds', { duration })
    const message = secondsFault(model, duration)
    if (message !== null) faults.push({ path: 'seconds', message })
  }

  const size = given(askedSize) ?? (hasOwn(own, 'aspect_ratio', 'resolution') ? undefined : defaults.size)
  if (size !== undefined) {
    const shape = typeof size === 'string' ? shapeOf(size, resolutionsOf(deployment.providers, model)) : null
    const { aspect_ratio, resolution } = shape ?? unknownShape
    const isRatioChosen = choosesRatio(model, medium?.field === 'first_frame')
    make('size', { resolution, ...(isRatioChosen && { aspect_ratio }) })
    if (shape === null) faults.push({ path: 'size', message: sizeFault })
  }

  if (medium !== null && medium.value !== null) {
    const { field, value, name } = medium
    make(name, { [field]: field === 'first_frame' ? value : [value] })
  }

  const asked = {
    model: String(modelName).trim(),
    size: typeof size === 'string' ? size.replaceAll(/\s/g, '') : null,
    assetId: medium?.isFile === true ? medium.value : null,
  }
  const metadata = given(own.metadata) ?? {}
  if (isRecord(metadata) && Object.hasOwn(metadata, askedKey))
    faults.push({
      path: `metadata.${askedKey}`,
      message: 'is the name of an entry of Reelhook: take another',
    })
  // A faulty one is refused as it is.
  const noted = isRecord(metadata) ? { ...metadata, [askedKey]: writeAsked(asked) } : metadata
  return { request: { ...own, ...made, metadata: noted }, names: withItems(names), faults }
}

/** For what may be `null`, or an empty field of a form: not given. */
export function given(value: unknown): unknown {
  return value === null || value === '' ? undefined : value
}

/** The texts of a form as the numbers and truth values that /v1 takes. */
export function withTypes(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (numbers.has(name)) return [name, numberIn(value)]
      return [name, truths.has(name) && (value === 'true' || value === 'false') ? value === 'true' : value]
    }),
  )
}

const numbers = new Set(['duration', 'seed', 'count', 'max_cost_usd', 'deadline_seconds', 'retention_days'])
const truths = new Set(['generate_audio', 'resubmit_unknown'])

function numberIn(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value.trim()) ? Number(value) : value
}

function secondsFault(model: Model | null, value: unknown): string | null {
  const { min, max } = (model === null ? widestLimits : modelLimits[model]).durationSeconds
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return null
  return `must be a whole number of seconds from ${min} to ${max}${model === null ? '' : ` for ${model}`}`
}

function hasOwn(own: Record<string, unknown>, ...names: string[]): boolean {
  return names.some((name) => Object.hasOwn(own, name))
}

/** Where the settings have no alias `sora-2`, it is the model that it means by default. */
function defaultModel({ config }: Deployment, name: string): string {
  return modelNamed(config, name) === null ? 'seedance-2.0-fast' : name
}

const unknownShape: Record<keyof Shape, unknown> = { aspect_ratio: null, resolution: null }

/** Faults of a list are at its items. */
function withItems(names: Names): Names {
  const video = names.get('reference_videos')
  return video === undefined ? names : new Map([...names, ['reference_videos.0', video]])
}
