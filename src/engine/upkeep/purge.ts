/**
 * purge: removes erased files from the cache in front of the Worker, by the tags that their erasures left in a list. No
 * erasure waits for it. What Cloudflare refuses is purged by a later sweep.
 */
import type { Context } from '../../context.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { type Purge, removePurges, waitingPurges } from '../../store/upkeep/purges.ts'

// Cloudflare's limits on every plan: 100 tags per purge, and 5 purges a minute for the account, with a bucket of 25
// (developers.cloudflare.com/cache/how-to/purge-cache). One of the five is left to the account's other Workers.
const maxTags = 100
const maxPurgesPerSweep = 4

// Two sweeps at once are harmless: a tag is purged twice.
export async function purgeErased(context: Context): Promise<void> {
  for (let purges = 0; purges < maxPurgesPerSweep; purges++) {
    const waiting = await oldestPurges(context)
    if (waiting.length === 0 || !(await purge(context, waiting))) return
    await Promise.all(
      [...Map.groupBy(waiting, ({ tag }) => context.dbOf(tag))].map(([db, done]) => removePurges(db, done)),
    )
    if (waiting.length < maxTags) return
  }
}

/** The oldest tags of all databases. A tag is the id of a job or an asset. */
async function oldestPurges(context: Context): Promise<Purge[]> {
  const waiting = await inEachDatabase(context, (db) => waitingPurges(db, maxTags))
  return waiting
    .flat()
    .sort((one, two) => one.createdAt - two.createdAt)
    .slice(0, maxTags)
}

/** True: they are purged. Without a cache there is nothing to purge. */
async function purge({ cache, now, log }: Context, waiting: Purge[]): Promise<boolean> {
  if (cache === undefined) return true
  const startedAt = now()
  const { success, errors } = await cache.purge({ tags: waiting.map(({ tag }) => tag) })
  log('cache.purged', {
    tags: waiting.length,
    duration_ms: now() - startedAt,
    ...(!success && { error: errors.map(({ message }) => message).join('; ') }),
  })
  return success
}
