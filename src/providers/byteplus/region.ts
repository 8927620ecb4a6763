/** The two services with this API, which differ in their address, the names of their models, and their currency. */
import { z } from 'zod'
import { type Model, models } from '../../core/request/choices.ts'
import { idOf } from '../capabilities.ts'

export interface Region {
  /** The start of each model id. */
  modelPrefix: ModelPrefix
  /** The currency of its prices. */
  currency: 'usd' | 'cny'
}

type ModelPrefix = (typeof modelPrefixes)[number]

const modelPrefixes = ['dreamina-', 'doubao-'] as const

/** The setting for a base URL that shows neither service, such as that of a proxy. */
export const modelPrefix = z.enum(modelPrefixes, `must be ${modelPrefixes.join(' or ')}`)

export const bytePlusUrl = 'https://ark.ap-southeast.bytepluses.com/api/v3'

export function regionOf(baseUrl: string, prefix: ModelPrefix | undefined): Region {
  const isVolcengine = /(?:^|\.)(?:volces|volcengineapi)\.com$/.test(new URL(baseUrl).hostname)
  const modelPrefix = prefix ?? (isVolcengine ? 'doubao-' : 'dreamina-')
  return { modelPrefix, currency: modelPrefix === 'doubao-' ? 'cny' : 'usd' }
}

export function modelIdOf({ modelPrefix }: Region, model: Model): string {
  return `${modelPrefix}${idOf(modelNames, model)}`
}

/** The model of an id, whatever its prefix. Undefined: it is none of ours. */
export function modelOfId(id: string): Model | undefined {
  const name = id.replace(/^(?:dreamina|doubao)-/, '')
  return models.find((model) => modelNames[model] === name)
}

/** Create a video generation task, `model`. */
const modelNames: Partial<Record<Model, string>> = {
  'seedance-2.0': 'seedance-2-0-260128',
  'seedance-2.0-fast': 'seedance-2-0-fast-260128',
  'seedance-2.0-mini': 'seedance-2-0-mini-260615',
  'seedance-2.5': 'seedance-2-5-260628',
}
