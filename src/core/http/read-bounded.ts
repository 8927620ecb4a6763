/** Reads the body of a request or a response into memory, up to a limit. */

type Message = Pick<Request, 'headers' | 'body' | 'arrayBuffer'>
type Bytes = Uint8Array<ArrayBuffer>

/** Stops reading at the limit. */
export async function readBounded(
  message: Message,
  maxBytes: number,
): Promise<Bytes | 'too_large' | 'unreadable_body'> {
  const { headers, body } = message
  const stated = headers.get('content-length')
  if (Number(stated ?? 0) > maxBytes) return 'too_large'
  if (body === null) return new Uint8Array()
  // The runtime ends a body at its stated length, so this one is read at once, which is faster. An encoded body may be longer
  // than stated, because the runtime decodes it.
  const endsAsStated = stated !== null && !headers.has('content-encoding')
  try {
    return endsAsStated ? await readWhole(message, maxBytes) : await readChunks(body, maxBytes)
  } catch {
    // Reading a body throws only when the sender's connection broke.
    return 'unreadable_body'
  }
}

async function readWhole(message: Message, maxBytes: number): Promise<Bytes | 'too_large'> {
  const bytes = new Uint8Array(await message.arrayBuffer())
  return bytes.length > maxBytes ? 'too_large' : bytes
}

async function readChunks(
  body: NonNullable<Message['body']>,
  maxBytes: number,
): Promise<Bytes | 'too_large'> {
  const chunks: Bytes[] = []
  let size = 0
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return 'too_large'
    chunks.push(chunk)
  }
  const [first] = chunks
  // Most bodies come in one piece.
  return chunks.length === 1 && first !== undefined
    ? first
    : new Uint8Array(await new Blob(chunks).arrayBuffer())
}
