/** Removes objects from R2. Running it twice is harmless: what is gone is gone. */
import type { Output } from '../store/outputs.ts'

/** What was copied or uploaded of a job that has ended, and is none of its stored outputs. */
export function removeUnnamed(bucket: R2Bucket, jobId: string, outputs: readonly Output[]): Promise<void> {
  const named = outputs.flatMap((output) => (output.status === 'stored' ? [output.key] : []))
  return removeAllBut(bucket, `jobs/${jobId}/`, named)
}

export async function removeAllBut(
  bucket: R2Bucket,
  prefix: string,
  kept: readonly string[] = [],
): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) })
    const keys = page.objects.map(({ key }) => key).filter((key) => !kept.includes(key))
    if (keys.length > 0) await bucket.delete(keys)
    cursor = page.truncated ? page.cursor : undefined
  } while (cursor !== undefined)
}
