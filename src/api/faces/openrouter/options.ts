/** The field `provider` of the dialect: options of our providers, and under `reelhook` further fields of a job. No I/O. */
import { z } from '@hono/zod-openapi'
import { providerNames } from '../../../core/request/choices.ts'
import { requestFields } from '../../../core/request/request.ts'
import type { FieldFault } from '../../problems.ts'
import type { Notes } from './media.ts'

type Fields = Record<string, unknown>

const optionsPath = 'provider.options'
const ownPath = `${optionsPath}.reelhook`

export const providerSchema = z
  .looseObject({ options: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) })
  .default({ options: {} })

export interface Options {
  /** Further fields of a job. */
  own: Fields
  /** By provider. */
  ofProviders: Record<string, Fields>
}

export function optionsIn(
  { options, ...others }: z.infer<typeof providerSchema>,
  faults: FieldFault[],
): Options {
  const { reelhook: own = {}, ...bySlug } = options
  const slugs = Object.keys(bySlug)
  const unknown = slugs.filter((slug) => !providerNames.some((name) => name === slug))
  faults.push(
    ...Object.keys(others).map((name) => unknownField(name, `provider.${name}`)),
    ...unknown.map((slug) => ({
      path: `${optionsPath}.${slug}`,
      message: `must be reelhook, ${providerNames.join(', ')}`,
    })),
  )
  return { own, ofProviders: bySlug }
}

/** As fields of the job. `made`: those that the other fields of the dialect have given. */
export function fieldsOf({ own, ofProviders }: Options, made: Fields, { names, faults }: Notes): Fields {
  const given: Fields = Object.keys(ofProviders).length > 0 ? { provider_options: ofProviders } : {}
  if (Object.hasOwn(given, 'provider_options')) names.set('provider_options', optionsPath)
  const isFree = (field: string) => !Object.hasOwn(made, field) && !Object.hasOwn(given, field)
  for (const field of Object.keys(own)) {
    const path = `${ownPath}.${field}`
    if (isFree(field)) names.set(field, path)
    else faults.push({ path, message: `means the same as ${names.get(field) ?? field}: leave it out` })
  }
  return { ...given, ...Object.fromEntries(Object.entries(own).filter(([field]) => isFree(field))) }
}

export function unknownField(name: string, path: string): FieldFault {
  const isOfJob = Object.hasOwn(requestFields.shape, name)
  const chosen = path === name ? '' : `: ${ownPath}.provider chooses the provider`
  return { path, message: isOfJob ? `belongs in ${ownPath}` : `is not a known field${chosen}` }
}
