/**
 * The request as it is sent to a provider that takes URLs: each asset of ours stands in it as a signed link. Made for
 * the one call; what is kept of the job has the asset's id.
 */
import type { Context } from '../context.ts'
import { done, fault, type Result } from '../core/fault.ts'
import { assetsIn, mapMedia } from '../core/media.ts'
import type { JobRequest } from '../core/request.ts'
import { findAssets } from '../store/assets.ts'
import { linkTo } from './links.ts'

// A provider that took the job just before its deadline still fetches its media.
const marginMs = 60 * 60 * 1_000

/** Fails with `asset_deleted`, naming each field whose asset is no longer there. */
export async function withLinks(
  { db, config }: Pick<Context, 'db' | 'config'>,
  job: { request: JobRequest; deadlineAt: number },
): Promise<Result<JobRequest>> {
  const assets = assetsIn(job.request)
  if (assets.length === 0) return done(job.request)
  const known = await findAssets(
    db,
    assets.map(({ id }) => id),
  )
  const missing = assets.filter(({ id }) => !known.has(id)).map(({ path }) => path)
  if (missing.length > 0) return fault('asset_deleted', `${missing.join(', ')}: The asset was deleted.`)
  const links = new Map<string, string>()
  for (const id of known.keys()) {
    links.set(id, (await linkTo(config, { assetId: id }, job.deadlineAt + marginMs)).url)
  }
  return done(mapMedia(job.request, (media) => links.get(media) ?? media))
}
