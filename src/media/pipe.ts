/** A source, poured into whatever reads the other end of a pipe of known length. */
import { ok, type Result } from '../core/fault.ts'
import type { ByteSource } from './source.ts'

/** `onProgress` is awaited between chunks. What ends the pump ends its reader too, which would wait for the rest. */
export async function pipe(
  source: ByteSource,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  firstBuffer: ArrayBufferLike,
  onProgress: () => Promise<void>,
): Promise<Result<null>> {
  try {
    let buffer = firstBuffer
    for (;;) {
      const chunk = await source.read(buffer)
      if (!chunk.ok) {
        await writer.abort(chunk.fault.code)
        return chunk
      }
      if (chunk.value === null) break
      buffer = chunk.value.buffer
      await writer.write(chunk.value)
      await onProgress()
    }
    await writer.close()
    return ok(null)
  } catch (error) {
    await writer.abort(error)
    throw error
  }
}
