/**
 * Deletes an uploaded asset: its row first, so that no row loses its object. After a crash in between, a repeated call
 * deletes the object, or the daily reconciliation does, which finds no row for it. A sweep purges the caches.
 */
import type { Context } from '../context.ts'
import { uploadKey } from '../core/retention.ts'
import { deleteAsset, deleteUploadedAssets } from '../store/assets.ts'

// Running this twice is harmless: deleting what is not there changes nothing.
export async function deleteUpload({ dbOf, bucket, now, log }: Context, id: string): Promise<void> {
  await deleteAsset(dbOf(id), id, now())
  await bucket.delete(uploadKey(id))
  log('asset.deleted', { asset_id: id })
}

/** Several at once, with one call to each database. */
// Running this twice is harmless, too.
export async function deleteUploads({ dbOf, bucket, now, log }: Context, ids: string[]): Promise<void> {
  for (const [db, some] of Map.groupBy(ids, dbOf)) await deleteUploadedAssets(db, some, now())
  if (ids.length > 0) await bucket.delete(ids.map(uploadKey))
  for (const id of ids) log('asset.deleted', { asset_id: id })
}
