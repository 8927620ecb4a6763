/** Deletes objects from R2. Running it twice is harmless: deleting a missing object changes nothing. */
import { isInput, jobPrefix } from '../core/retention.ts'

interface SettledJob {
  id: string
}

type SettledOutput = { status: 'stored'; key: string } | { status: 'waiting' | 'failed' }

/** Deletes each object of a settled job that is neither a stored output nor an input of its request. */
export function deleteOrphans(
  bucket: R2Bucket,
  { id }: SettledJob,
  outputs: readonly SettledOutput[],
): Promise<void> {
  const stored = outputs.flatMap((output) => (output.status === 'stored' ? [output.key] : []))
  return deleteAllExcept(bucket, jobPrefix(id), (key) => stored.includes(key) || isInput(key))
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
