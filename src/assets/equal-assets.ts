/**
 * A caller that repeats a whole request uploads its files again, and so names other assets with the same bytes. That is the
 * same request. Only a request that differs from the job of its Idempotency-Key is looked at here.
 */

import type { Context } from '../context.ts'
import type { Viewer } from '../core/access.ts'
import { assetsIn, mapMedia } from '../core/request/media.ts'
import type { JobRequest, PostedRequest } from '../core/request/request.ts'
import { availableAssets } from './available.ts'

/** The posted request with the stored one's asset at each path where both have the same bytes and the caller sees both. */
export async function withStoredAssets(
  context: Pick<Context, 'dbOf' | 'bucket'>,
  viewer: Viewer,
  { stored, posted }: { stored: JobRequest; posted: PostedRequest },
): Promise<PostedRequest> {
  const storedAt = new Map(assetsIn(stored).map(({ path, id }) => [path, id]))
  if (storedAt.size === 0) return posted
  const [ours, theirs] = await Promise.all([
    availableAssets(context, stored, null, viewer),
    availableAssets(context, posted, null, viewer),
  ])
  const equal = new Map(
    assetsIn(posted).flatMap(({ path, id }) => {
      const storedId = storedAt.get(path) ?? ''
      const hash = ours.get(storedId)?.sha256
      return hash !== undefined && hash === theirs.get(id)?.sha256 ? [[id, storedId] as const] : []
    }),
  )
  return mapMedia(posted, (media) => equal.get(media) ?? media)
}
