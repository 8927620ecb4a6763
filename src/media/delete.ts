/** Removes objects from R2. Running it twice is harmless: what is gone is gone. */
import { isInput, jobPrefix } from '../core/retention.ts'
import type { Job } from '../store/jobs/jobs.ts'
import type { Output } from '../store/jobs/outputs.ts'

/** What was copied or uploaded of a job that has ended, and is none of its stored outputs. */
export function deleteOrphans(
  bucket: R2Bucket,
  { id }: Pick<Job, 'id'>,
  outputs: readonly Output[],
): Promise<void> {
  const named = outputs.flatMap((output) => (output.status === 'stored' ? [output.key] : []))
  // What came in the request stays with it.
  return deleteAllExcept(bucket, jobPrefix(id), (key) => named.includes(key) || isInput(key))
}

export async function deleteAllExcept(
  bucket: R2Bucket,
  prefix: string,
  isKept: (key: string) => boolean,
): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) })
    const keys = page.objects.map(({ key }) => key).filter((key) => !isKept(key))
    if (keys.length > 0) await bucket.delete(keys)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
}
