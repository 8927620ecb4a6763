/** Reads the body of a request into memory, up to a limit. */

/** Stops reading at the limit. */
export async function readBounded(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | 'too_large' | 'unreadable_body'> {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return 'too_large'
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  try {
    // Leaving the loop cancels the stream.
    for await (const chunk of body) {
      size += chunk.length
      if (size > maxBytes) return 'too_large'
      chunks.push(chunk)
    }
  } catch {
    // Reading a body throws only when the sender's connection broke.
    return 'unreadable_body'
  }
  const [first] = chunks
  // Most bodies come in one piece.
  return chunks.length === 1 && first !== undefined
    ? first
    : new Uint8Array(await new Blob(chunks).arrayBuffer())
}
