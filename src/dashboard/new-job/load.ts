/** Loads the rest of the form: the models, the assets, the estimates and the budget. */

import type { viewAsset } from '../../api/assets/assets.ts'
import type { viewEstimate } from '../../api/estimates/estimates.ts'
import type { Api, Problem } from '../../api/in-process.ts'
import { mediaFields } from '../../core/request/media.ts'
import { type Body, bodyOf } from './body.ts'
import { type ModelView, type Plan, planOf } from './plan.ts'
import { isSelection } from './provider-choices.ts'
import { assetIdsIn, listIn, type Values } from './values.ts'

export type AssetView = ReturnType<typeof viewAsset>
export type Estimate = ReturnType<typeof viewEstimate>

interface Budget {
  monthly_budget_usd: number
  remaining_usd: number
  month_ends_at: string
}

export interface Loaded extends Body {
  plan: Plan
  assets: ReadonlyMap<string, AssetView>
  /** Null: the form is faulty, or the estimate failed. */
  estimates: Estimate[] | null
  problem: Problem | null
  /** Null: the key has no budget. */
  budget: Budget | null
}

export async function loadForm(api: Api, values: Values): Promise<Loaded> {
  const { body, faults } = bodyOf(values)
  const plan = planOf(await readModels(api), values)
  const estimated = estimatedBody(values, body)
  const [assets, answer, others, key] = await Promise.all([
    readAssets(api, assetIdsIn(values)),
    readEstimates(api, estimated),
    // Each by itself: what a job may cost depends on all of its providers.
    Promise.all(otherProviders(body, plan).map((provider) => readEstimates(api, { ...estimated, provider }))),
    api.read<{ budget: Budget | null }>('/v1/api-keys/current'),
  ])
  return {
    body,
    faults,
    plan,
    assets,
    estimates: answer.ok ? [answer, ...others].flatMap((one) => (one.ok ? one.body.data : [])) : null,
    problem: answer.ok ? null : answer.problem,
    budget: key.budget,
  }
}

export async function readModels(api: Api): Promise<ModelView[]> {
  return (await api.read<{ data: ModelView[] }>('/v1/models')).data
}

/** Those that this caller can see. */
export async function readAssets(api: Api, ids: readonly string[]): Promise<Map<string, AssetView>> {
  const answers = await Promise.all(ids.map((id) => api.send<AssetView>('GET', `/v1/assets/${id}`)))
  return new Map(answers.flatMap((answer) => (answer.ok ? [[answer.body.id, answer.body]] : [])))
}

function readEstimates(api: Api, body: Record<string, unknown>) {
  return api.send<{ data: Estimate[] }>('POST', '/v1/estimates', body)
}

/** A form without a prompt has a price too. */
function estimatedBody(values: Values, body: Record<string, unknown>) {
  const hasMedia = mediaFields.some((field) => listIn(values, field).length > 0)
  return { ...(hasMedia ? {} : { prompt: 'A video' }), ...body }
}

/** Those that the job does not try, for a comparison. */
function otherProviders({ provider }: Record<string, unknown>, { all }: Plan): string[] {
  // The simulator is named alone, or not at all.
  if (isSelection(provider) || provider === 'simulator') return []
  const named = [provider].flat()
  return all
    .filter((offer) => offer.configured && offer.provider !== 'simulator' && !named.includes(offer.provider))
    .map((offer) => offer.provider)
}
