/** Removes objects from R2. Running it twice is harmless: what is gone is gone. */
export async function removeAllBut(
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
