/** Streams the file of a form into an asset. */
import type { Fault } from '../../../core/fault.ts'
import type { FormFile } from '../../../media/form/form.ts'
import type { ByteSource } from '../../../media/source.ts'
import type { AssetView } from '../../assets/assets.ts'
import type { Api } from '../../in-process.ts'

const chunkBytes = 256 * 1024

/** A fault of the form, the asset, or the response that refuses the file. Unless it is an asset, nothing is stored. */
export async function uploadFile(
  api: Api,
  { source, headers }: FormFile,
): Promise<AssetView | { fault: Fault } | Response> {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const pumping = pump(source, writer)
  const response = await api.open('/v1/assets', {
    method: 'POST',
    body: readable,
    // Clients guess the type, and some name a wrong one. The first bytes decide.
    headers: { 'content-type': 'application/octet-stream', 'content-disposition': headers.disposition },
  })
  // The route may have refused the file before its end: this ends the pending write.
  await writer.abort().catch(() => undefined)
  const fault = await pumping
  if (fault !== null) return { fault }
  return response.ok ? response.json<AssetView>() : response
}

/** A fault of the source breaks the stream off, so that nothing of it is stored. */
async function pump(source: ByteSource, writer: WritableStreamDefaultWriter): Promise<Fault | null> {
  let buffer = new ArrayBuffer(chunkBytes)
  for (;;) {
    const chunk = await source.read(buffer)
    const isWritten = await pass(writer, chunk)
    if (!chunk.ok) return chunk.fault
    if (chunk.value === null || !isWritten) return null
    buffer = chunk.value.buffer
  }
}

/** False: the reader has left. */
async function pass(
  writer: WritableStreamDefaultWriter,
  chunk: Awaited<ReturnType<ByteSource['read']>>,
): Promise<boolean> {
  try {
    if (!chunk.ok) await writer.abort(new Error(chunk.fault.code))
    else if (chunk.value === null) await writer.close()
    else await writer.write(chunk.value)
    return true
  } catch {
    return false
  }
}
