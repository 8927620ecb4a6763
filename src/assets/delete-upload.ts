/**
 * Deletes an uploaded asset: its row first, so that no row loses its object. After a crash in between, a repeated call
 * deletes the object, or the daily reconciliation does, which finds no row for it. A sweep purges the caches.
 */
import type { Context } from '../context.ts'
import { uploadKey } from '../core/retention.ts'
import { deleteAsset } from '../store/assets.ts'

// Running this twice is harmless: deleting what is not there changes nothing.
export async function deleteUpload({ dbOf, bucket, now, log }: Context, id: string): Promise<void> {
  await deleteAsset(dbOf(id), id, now())
  await bucket.delete(uploadKey(id))
  log('asset.deleted', { asset_id: id })
}
