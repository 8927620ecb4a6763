/** The canonical form of a request, which an Idempotency-Key identifies, and where two requests differ. No I/O. No clock. */
import { isRecord } from '../http/json.ts'
import { isAssetId, isDataUri } from './media.ts'
import type { JobRequest, PostedRequest } from './request.ts'
import { storedRequestSchema } from './stored.ts'

/**
 * The same text for the same request, however it was written. The keys are sorted. A value that is an empty object or equals
 * its default is left out, so a later optional field changes no fingerprint. Settings of the deployment or of the API key, which
 * may fill in a field, are not in it.
 */
export function fingerprintOf(request: PostedRequest): string {
  const defaults = { ...storedRequestSchema.parse({ model: request.model }), model: undefined }
  const provider_options = withoutDefaults(request.provider_options, {})
  return canonical(withoutDefaults({ ...request, provider_options }, defaults))
}

/**
 * The paths at which a request differs from a stored one. Some parts are not compared: secrets, headers and embedded media
 * are stored apart from the request, and a setting may have filled in what was left out.
 */
export function differencesFrom(stored: JobRequest, posted: PostedRequest): string[] {
  const { callback_secret: _secret, callback_headers: _headers, ...request } = posted
  const { callback_url = stored.callback_url, retention_days = stored.retention_days } = posted
  return pathsOfDifferences(stored, { ...request, callback_url, retention_days }, [])
}

function withoutDefaults(record: object, defaults: Record<string, unknown>) {
  const entries = Object.entries(record).filter(([name, value]) => {
    const text = canonical(value)
    return text !== '{}' && text !== canonical(defaults[name])
  })
  return Object.fromEntries(entries)
}

/** JSON with the keys of every object sorted. Numbers and texts are already values, in one spelling each. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(
          Object.keys(inner)
            .sort()
            .map((key) => [key, inner[key]]),
        )
      : inner,
  )
}

function pathsOfDifferences(stored: unknown, posted: unknown, path: string[]): string[] {
  if (isNested(stored) && isNested(posted)) {
    const keys = new Set([...Object.keys(stored), ...Object.keys(posted)])
    return [...keys].flatMap((key) => pathsOfDifferences(stored[key], posted[key], [...path, key]))
  }
  const isEmbedded = typeof posted === 'string' && isDataUri(posted) && isAssetId(String(stored))
  return isEmbedded || canonical(stored) === canonical(posted) ? [] : [path.join('.')]
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
