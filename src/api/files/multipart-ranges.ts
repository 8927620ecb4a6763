/** Several ranges of one file in one body: multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1). */
import type { ByteRange } from '../../core/http/byte-ranges.ts'

interface Parts {
  contentType: string
  /** Of the whole body, delimiters and all. */
  length: number
  body: ReadableStream
}

/** Null: the file is not in the bucket. */
export async function multipartRanges(
  bucket: R2Bucket,
  file: { key: string; contentType: string; bytes: number },
  ranges: readonly ByteRange[],
): Promise<Parts | null> {
  const boundary = `reelhook-${crypto.randomUUID()}`
  const heads = ranges.map(({ offset, length }, index) => {
    const delimiter = `${index === 0 ? '' : '\r\n'}--${boundary}\r\n`
    const contentRange = `content-range: bytes ${offset}-${offset + length - 1}/${file.bytes}\r\n`
    return `${delimiter}content-type: ${file.contentType}\r\n${contentRange}\r\n`
  })
  const end = `\r\n--${boundary}--\r\n`
  const length = ranges.reduce(
    (sum, range, index) => sum + (heads[index] ?? '').length + range.length,
    end.length,
  )
  const [first] = ranges
  const firstPart = first === undefined ? null : await bucket.get(file.key, { range: first })
  if (firstPart === null) return null

  const { readable, writable } = new FixedLengthStream(length)
  const send = async () => {
    for (const [index, range] of ranges.entries()) {
      await write(writable, heads[index] ?? '')
      const part = index === 0 ? firstPart : await bucket.get(file.key, { range })
      if (part === null) throw new Error('the file went away while it was sent')
      await part.body.pipeTo(writable, { preventClose: true })
    }
    await write(writable, end)
    await writable.close()
  }
  // Broken off by either side, the body ends too soon for its length, which tells its reader; there is no other way.
  send().catch((reason) => writable.abort(reason).catch(() => undefined))
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, body: readable }
}

async function write(writable: WritableStream, text: string): Promise<void> {
  const writer = writable.getWriter()
  await writer.write(new TextEncoder().encode(text))
  writer.releaseLock()
}
