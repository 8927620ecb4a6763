/** The model that a face's client means: one of ours, an alias of the settings, or a dated id of either. */
import type { Config } from '../../config.ts'
import { type Model, models, type Resolution, resolutions } from '../../core/request/choices.ts'
import { type Providers, selectableProviders } from '../../providers/index.ts'

/** `sora-2-2025-10-06` and `openai/sora-2` mean `sora-2`. Null: no model has this name. */
export function modelNamed({ modelAliases }: Pick<Config, 'modelAliases'>, asked: string): Model | null {
  const name = asked.trim().toLowerCase()
  const family = name.replace(vendor, '').replace(date, '')
  const model = models.find((one) => one === family)
  return model ?? modelAliases.get(name) ?? modelAliases.get(family) ?? null
}

/** The resolutions that a configured provider offers. Without one, or without a model, all: /v1 refuses the job for that. */
export function resolutionsOf(providers: Providers, model: Model | null): readonly Resolution[] {
  if (model === null) return resolutions
  const offered = resolutions.filter((one) =>
    selectableProviders(providers).some(({ capabilities }) =>
      capabilities.models[model]?.resolutions.includes(one),
    ),
  )
  return offered.length === 0 ? resolutions : offered
}

/** Continues the name of the field: "must be …". */
export function modelFault({ modelAliases }: Pick<Config, 'modelAliases'>): string {
  return `must be one of ${[...models, ...modelAliases.keys()].join(', ')}`
}

const vendor = /^[\w.-]{1,64}\//
const date = /-\d{4}-\d{2}-\d{2}$/
