/** Files that are embedded in a request and too long for a job become assets. */

import { dataUriFault, readDataUri } from '../../../core/request/data-uri.ts'
import { isDataUri, type MediaFields, mapMedia, mediaOf } from '../../../core/request/media.ts'
import { maxMediaLength } from '../../../core/request/request.ts'
import type { Api } from '../../in-process.ts'

/** The media with their assets, or the response of the upload that was refused. */
export async function withUploads(
  api: Api,
  media: MediaFields,
): Promise<{ media: MediaFields; assetIds: string[]; refusal: Response | null }> {
  const ids = new Map<string, string>()
  let refusal: Response | null = null
  for (const { value } of mediaOf(media)) {
    if (!isLongFile(value) || ids.has(value)) continue
    const { declared, bytes } = readDataUri(value)
    const headers = { 'content-type': declared || 'application/octet-stream' }
    const response = await api.open('/v1/assets', { method: 'POST', headers, body: bytes })
    if (!response.ok) {
      refusal = response
      break
    }
    const { id } = await response.json<{ id: string }>()
    ids.set(value, id)
  }
  return { media: mapMedia(media, (value) => ids.get(value) ?? value), assetIds: [...ids.values()], refusal }
}

/** Deletes assets that no job uses. */
export async function deleteUploads(api: Api, assetIds: string[]): Promise<void> {
  await Promise.all(assetIds.map((id) => api.open(`/v1/assets/${id}`, { method: 'DELETE' })))
}

/** Whether it becomes an asset. */
export function isLongFile(value: string): boolean {
  return value.length > maxMediaLength && isDataUri(value) && dataUriFault(value) === null
}
