/** Writes a whole source to a stream of known length. */
import { ok, type Result } from '../core/fault.ts'
import type { ByteSource } from './source.ts'

/** `onProgress` is awaited after each chunk. Any failure aborts the writer, so that its reader does not wait forever. */
export async function pipe(
  source: ByteSource,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  firstBuffer: ArrayBuffer,
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
