/** The door: what is wrong with well-formed fields in this deployment, whoever is to make the video. */

import { availableAssets } from '../../assets/available.ts'
import { dataUriFaults } from '../../assets/data-uris.ts'
import { knownMetadata } from '../../assets/metadata.ts'
import type { Context } from '../../context.ts'
import { formOf, type KnownMetadata, mediaOf } from '../../core/request/media.ts'
import type { PostedRequest } from '../../core/request/request.ts'
import { isMeantAsUrl } from '../../core/url/parse.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { allProviders } from '../../providers/index.ts'
import { adminKeyId } from '../auth.ts'
import { type FieldFault, fieldFaults } from '../problems.ts'
import { assetFaults } from './validate-assets.ts'

type Part = Partial<PostedRequest>

/** Past the door there is what is known of the media; before it, every fault. */
export type Validation = { ok: true; known: KnownMetadata } | { ok: false; faults: FieldFault[] }

/**
 * URLs that lead nowhere allowed, media that are not there or not what they should be, unknown options, no secret: all
 * at once.
 */
export async function validateRequest(
  { db, bucket, config }: Pick<Context, 'db' | 'bucket' | 'config'>,
  apiKeyId: string,
  request: Part,
  retryOf: string | null = null,
): Promise<Validation> {
  const assets = await availableAssets({ db, bucket }, request, retryOf)
  const faults = [
    ...targetFaults(request, config.reach),
    ...assetFaults(request, assets),
    ...dataUriFaults(request),
    ...optionFaults(request, config.reach),
    ...secretFaults(request, apiKeyId),
  ]
  return faults.length > 0 ? { ok: false, faults } : { ok: true, known: await knownMetadata(request, assets) }
}

type Reach = Context['config']['reach']

function targetFaults(request: Part, reach: Reach): FieldFault[] {
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

// Of providers without an API key too: the options are kept with the job, so all of them are checked.
function optionFaults(request: Part, reach: Reach): FieldFault[] {
  return allProviders().flatMap(({ name, options }) => {
    const path = `provider_options.${name}`
    const parsed = options.safeParse(request.provider_options?.[name] ?? {})
    return parsed.success ? urlFaults(urlsIn(parsed.data, path), reach) : fieldFaults(parsed.error, path)
  })
}

/** What a provider is given by URL is guarded like other media, whatever its option is called. */
function urlsIn(value: unknown, path: string): { path: string; value: string }[] {
  if (typeof value === 'string') return isMeantAsUrl(value) ? [{ path, value }] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => urlsIn(inner, `${path}.${key}`))
}

function secretFaults(request: Part, apiKeyId: string): FieldFault[] {
  const isUnsigned = request.callback_url !== undefined && request.callback_secret === undefined
  if (!isUnsigned || apiKeyId !== adminKeyId) return []
  return [
    { path: 'callback_secret', message: 'is needed with the admin key, which has no secret of its own' },
  ]
}
