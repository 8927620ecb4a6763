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
export function choice(plan: Plan, value: string, label: string, canDo: (offer: Offer) => boolean): Choice {
  const cannot = unable(plan, canDo)
  const isDisabled = cannot.length > 0 && cannot.length === plan.offers.length
  return { value, isDisabled, label: cannot.length === 0 ? label : `${label} (not at ${cannot.join(', ')})` }
}

/** The names of the allowed providers that cannot do it. */
export function unable({ offers }: Plan, canDo: (offer: Offer) => boolean): string[] {
  return offers.filter((offer) => !canDo(offer)).map(({ provider }) => provider)
}

/** Every value that any provider of any model has, in the order of the provider that has most. */
export function valuesOf(plan: Plan, read: (offer: Offer) => readonly string[]): string[] {
  const lists = plan.models.flatMap(({ providers }) => providers.map(read))
  return [...new Set(lists.toSorted((left, right) => right.length - left.length).flat())]
}
