/** The choices that the model and its providers allow, from GET /v1/models. No I/O. No clock. */
import type { viewModel } from '../../api/models/models.ts'
import { type Mode, modeOf } from '../../core/request/media.ts'
import { selectable } from '../../core/request/selection.ts'
import { listIn, textIn, type Values } from './values.ts'

export type ModelView = ReturnType<typeof viewModel>
export type Offer = ModelView['providers'][number]

export interface Plan {
  models: readonly ModelView[]
  /** Every provider of the model. */
  all: readonly Offer[]
  /** Those that the choice of the provider allows: one of them makes the job. */
  offers: readonly Offer[]
  mode: Mode
}

export function planOf(models: readonly ModelView[], values: Values): Plan {
  const chosen = textIn(values, 'provider').split(',')
  const model = models.find(({ model }) => model === textIn(values, 'model')) ?? models[0]
  const all = model?.providers ?? []
  const configured = selectable(
    all.filter((offer) => offer.configured),
    ({ provider }) => provider,
  )
  const named = all.filter(({ provider }) => chosen.includes(provider))
  return {
    models,
    all,
    offers: named.length > 0 ? named : configured.length > 0 ? configured : all,
    mode: modeOf({
      first_frame: listIn(values, 'first_frame')[0],
      reference_images: listIn(values, 'reference_images'),
      reference_videos: listIn(values, 'reference_videos'),
      reference_audios: listIn(values, 'reference_audios'),
    }),
  }
}

export interface Choice {
  value: string
  label: string
  /** No allowed provider can do it. */
  isDisabled: boolean
}

/** The label names the providers that cannot do it. */
function choice(plan: Plan, value: string, label: string, canDo: (offer: Offer) => boolean): Choice {
  const cannot = unable(plan, canDo)
  const isDisabled = cannot.length > 0 && cannot.length === plan.offers.length
  return { value, isDisabled, label: cannot.length === 0 ? label : `${label} (not at ${cannot.join(', ')})` }
}

/** The names of the allowed providers that cannot do it. */
export function unable({ offers }: Plan, canDo: (offer: Offer) => boolean): string[] {
  return offers.filter((offer) => !canDo(offer)).map(({ provider }) => provider)
}

/** Every value that any provider of any model has, in the order of the provider that has most. */
function valuesOf(plan: Plan, read: (offer: Offer) => readonly string[]): string[] {
  const lists = plan.models.flatMap(({ providers }) => providers.map(read))
  return [...new Set(lists.toSorted((left, right) => right.length - left.length).flat())]
}

export function resolutionChoices(plan: Plan): Choice[] {
  return valuesOf(plan, ({ resolutions }) => resolutions).map((value) =>
    choice(plan, value, value, ({ resolutions }) => resolutions.some((one) => one === value)),
  )
}

export function formatChoices(plan: Plan): Choice[] {
  return valuesOf(plan, ({ output_formats }) => output_formats).map((value) =>
    choice(plan, value, value, ({ output_formats }) => output_formats.some((one) => one === value)),
  )
}

export function durationChoices(plan: Plan): Choice[] {
  const durations = plan.offers.map(({ limits }) => limits.duration)
  const min = Math.min(...durations.map(({ min_seconds }) => min_seconds))
  const max = Math.max(...durations.map(({ max_seconds }) => max_seconds))
  const seconds =
    durations.length === 0 ? [] : Array.from({ length: max - min + 1 }, (_, index) => min + index)
  return [
    ...seconds.map((value) =>
      choice(plan, String(value), `${value} s`, ({ limits: { duration } }) => {
        return duration.min_seconds <= value && value <= duration.max_seconds
      }),
    ),
    choice(plan, 'auto', 'auto', ({ limits }) => limits.duration.auto),
  ]
}

export function ratioChoices(plan: Plan): Choice[] {
  const ratiosOf = ({ modes }: Plan['offers'][number]) => modes[plan.mode].aspect_ratios
  return [
    { value: '', label: 'as the provider decides', isDisabled: false },
    ...valuesOf(plan, ({ modes }) => Object.values(modes).flatMap(({ aspect_ratios }) => aspect_ratios)).map(
      (value) =>
        choice(plan, value, value, (offer) => {
          const ratios = ratiosOf(offer)
          return ratios.length === 0 || ratios.some((one) => one === value)
        }),
    ),
  ]
}

export function countChoices(plan: Plan): Choice[] {
  const max = Math.max(1, ...plan.offers.map(({ limits }) => limits.count.max))
  return Array.from({ length: max }, (_, index) => String(index + 1)).map((value) =>
    choice(plan, value, value, ({ limits }) => Number(value) <= limits.count.max),
  )
}
