/**
 * The capabilities of a provider, as data, and its offer for one model. An offer has the capabilities, the differences for the
 * model, and the limits of the model. The validation of requests and GET /v1/models read the offer. No I/O.
 */
import type { Repeats } from '../core/job/task.ts'
import type { AspectRatio, Model, OutputFormat, Resolution } from '../core/request/choices.ts'
import type { MediaField, Mode, SentForm } from '../core/request/media.ts'
import { type ModelLimits, modelLimits } from '../core/request/model-limits.ts'
import type { Pace } from '../core/schedule/waits.ts'
import type { Cancels } from './cancels.ts'
import type { PriceTable } from './price-table.ts'

export interface Capabilities {
  /** The models that it sells. */
  models: Partial<Record<Model, ModelCapabilities>>
  aspectRatios: Record<Mode, readonly AspectRatio[]>
  /** The largest number of outputs of one task. */
  outputsPerTask: number
  /** The effect of sending a submission twice with the same client reference. */
  repeats: Repeats
  /** In characters, of the prompt as it is sent. */
  promptLength: { min: number; max: number }
  /** Whether a request with media needs a prompt. */
  prompt: 'required' | 'optional_with_media'
  durations: 'seconds' | 'seconds_or_auto'
  /** Whether the caller's seed is honored. */
  seeds: 'none' | 'exact'
  /** The accepted forms of media, by field. */
  media: Record<MediaField, readonly SentForm[]>
  /** The documented limits of the media. They are checked as far as the metadata is known. */
  mediaLimits: { readonly [field in MediaField]?: MediaLimits }
  /** The published prices of a second. Null: none, or not in US dollars. */
  prices: PriceTable | null
  /**
   * How a price that `prices` does not have is known: `estimate` computes it here, or asks by a call for that purpose, or by
   * the billable call marked as a dry run. A provider that ignored the mark would sell a video, so a dry run is made only if
   * the price matters for the decision. A provider without `estimate` asks nothing either: `computed`.
   */
  estimates: 'computed' | 'price_call' | 'dry_run'
  /** When to poll a task. */
  pace: Pace
  /** Whether a status has a percentage. If not, a webhook that only reports progress causes no poll. */
  showsProgress: boolean
  /** Until when the provider cancels a task. */
  cancels: Cancels
}

/** The capabilities that differ for one model. `offerOf` adds the others, and the limits of the model. */
export interface ModelCapabilities
  extends Partial<Pick<Capabilities, 'durations' | 'mediaLimits' | 'seeds'>> {
  resolutions: readonly Resolution[]
  /** Absent: MP4 only. */
  outputFormats?: readonly OutputFormat[]
}

export interface MediaLimits {
  /** As detected from the first bytes. */
  contentTypes?: readonly string[]
  /** Width times height of each file. */
  pixels?: { min: number; max: number }
  /** The width and the height of each file, in pixels. */
  side?: { min: number; max: number }
  /** The width divided by the height. */
  shape?: { min: number; max: number }
  /** Per file. */
  minSeconds?: number
  maxSeconds?: number
  /** The sum over the files of the field, if there are several. */
  maxTotalSeconds?: number
}

export interface Offer extends Omit<Capabilities, 'models'> {
  limits: ModelLimits
  resolutions: readonly Resolution[]
  outputFormats: readonly OutputFormat[]
}

/** Null: the provider does not sell the model. */
export function offerOf(capabilities: Capabilities, model: Model): Offer | null {
  const { models, ...common } = capabilities
  const own = models[model]
  if (own === undefined) return null
  const limits = modelLimits[model]
  const { aspectRatios } = common
  return {
    outputFormats: ['mp4'],
    ...common,
    ...own,
    limits,
    aspectRatios:
      limits.ratioWithFrames === 'of_frame' ? { ...aspectRatios, frames: ['auto'] } : aspectRatios,
  }
}

/** The provider's id of the model. Throws for one that it does not sell: `refuse` comes before every call that needs an id. */
export function idOf(ids: Partial<Record<Model, string>>, model: Model): string {
  const id = ids[model]
  if (id === undefined) throw new Error(`the provider does not sell ${model}`)
  return id
}
