/** Validates well-formed fields for this deployment, whatever the provider. */

import { availableAssets } from '../../assets/available.ts'
import { dataUriFaults } from '../../assets/data-uris.ts'
import { knownMetadata } from '../../assets/metadata.ts'
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { assetsIn, formOf, type KnownMetadata, kindAt, mediaOf } from '../../core/request/media.ts'
import type { wellFormedPart } from '../../core/request/request.ts'
import { isMeantAsUrl } from '../../core/url/parse.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { allProviders } from '../../providers/index.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Asset } from '../../store/assets.ts'
import { adminKeyId } from '../auth.ts'
import { type FieldFault, fieldFaults } from '../problems.ts'
import { completeRequest } from './faulty-request.ts'
import { lastingReasons } from './lasting-reasons.ts'

type Part = ReturnType<typeof wellFormedPart>

interface Submitted {
  /** The whole request, or the well-formed fields of a faulty one. */
  part: Part
  /** The body of a faulty one. */
  posted?: unknown
  /** The faults in its form. */
  formFaults?: FieldFault[]
  retryOf?: string | null
}

interface Validation {
  /** Every fault in the content. A request with a fault also has the reasons for which no provider could run it. */
  faults: FieldFault[]
  /** The metadata of the media without a fault, as far as it is known. */
  metadata: KnownMetadata
}

/** Checks URLs, assets, embedded media, provider options and the secret, and reports all faults at once. */
export async function validateRequest(
  context: Context,
  caller: Caller,
  { part: request, posted = request, formFaults = [], retryOf = null }: Submitted,
): Promise<Validation> {
  const { config, providers } = context
  const assets = await availableAssets(context, request, retryOf, caller)
  const contentFaults = [
    ...urlFaultsOf(request, config.reach),
    ...assetFaults(request, assets),
    ...dataUriFaults(request),
    ...optionFaults(request, config.reach),
    ...secretFaults(request, caller.keyId),
    ...simulatorFaults(request, caller.keyId, providers.simulator),
  ]
  if (formFaults.length + contentFaults.length === 0) {
    return { faults: [], metadata: await knownMetadata(request, assets) }
  }
  const completed = completeRequest({ posted, part: request, formFaults, contentFaults })
  const metadata = await knownMetadata(completed.request, assets)
  const reasons = await lastingReasons(context, caller, completed, metadata)
  return { faults: [...contentFaults, ...reasons], metadata }
}

type Reach = Context['config']['reach']

function urlFaultsOf(request: Part, reach: Reach): FieldFault[] {
  const urls = mediaOf(request).filter(({ value }) => formOf(value) === 'url')
  if (request.callback_url !== undefined) urls.push({ path: 'callback_url', value: request.callback_url })
  return urlFaults(urls, reach)
}

function urlFaults(urls: { path: string; value: string }[], reach: Reach): FieldFault[] {
  return urls.flatMap(({ path, value }) => {
    const message = rejectUrl(value, reach)
    return message === null ? [] : [{ path, message }]
  })
}

/** Assets that do not exist, or are of the wrong kind. `assets`: those that the request may use, by id. */
function assetFaults(request: Part, assets: ReadonlyMap<string, Asset>): FieldFault[] {
  return assetsIn(request).flatMap(({ path, id }) => {
    const asset = assets.get(id)
    if (asset === undefined)
      return [{ path, message: 'names no existing asset: it was deleted, or never uploaded' }]
    const kind = kindAt(path)
    return asset.kind === kind ? [] : [{ path, message: `takes an asset of kind ${kind}, not ${asset.kind}` }]
  })
}

// The options of every provider are stored with the job, so those of providers without an API key are checked too.
function optionFaults(request: Part, reach: Reach): FieldFault[] {
  return allProviders().flatMap(({ name, options }) => {
    const path = `provider_options.${name}`
    const parsed = options.safeParse(request.provider_options?.[name] ?? {})
    return parsed.success ? urlFaults(urlsIn(parsed.data, path), reach) : fieldFaults(parsed.error, path)
  })
}

/** Every URL in the options, at any depth and under any name: it is checked like other media. */
function urlsIn(value: unknown, path: string): { path: string; value: string }[] {
  if (typeof value === 'string') return isMeantAsUrl(value) ? [{ path, value }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => urlsIn(inner, `${path}.${key}`))
}

function secretFaults(request: Part, apiKeyId: string): FieldFault[] {
  const isUnsigned = request.callback_url !== undefined && request.callback_secret === undefined
  if (!isUnsigned || apiKeyId !== adminKeyId) return []
  return [
    { path: 'callback_secret', message: 'is required with the admin key, which has no callback secret' },
  ]
}

function simulatorFaults(request: Part, apiKeyId: string, simulator: Provider | undefined): FieldFault[] {
  const isNamed = [request.provider].flat().includes('simulator')
  if (!isNamed || !simulator?.isOnlyForAdmin || apiKeyId === adminKeyId) return []
  const message =
    'simulator: only the admin key may use it in this deployment; SIMULATOR=on allows it to every key'
  return [{ path: 'provider', message }]
}
