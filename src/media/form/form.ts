/**
 * The file in a multipart/form-data body, as a source: no more of it is in memory than a chunk of the body. It ends
 * only when the whole form has, so that what stands behind the file is found before the file is kept.
 */
import { ok, type Result } from '../../core/fault.ts'
import type { ByteSource } from '../source.ts'
import { type FormParser, type PartHeaders, parseForm } from './parser.ts'

const chunkBytes = 256 * 1024

type Feed = () => Promise<Result<'more' | 'end'>>

/** Reads up to the file. `header` is the body's whole Content-Type, with the boundary in it. */
export async function openForm(
  body: ByteSource,
  header: string,
  maxBytes: number,
): Promise<Result<{ source: ByteSource; headers: PartHeaders }>> {
  const form = parseForm(header, maxBytes)
  const feed = feeding(form, body)
  for (;;) {
    const headers = form.headers()
    if (headers !== null) return ok({ source: fileIn(form, feed, headers), headers })
    const fed = await feed()
    if (!fed.ok) return fed
  }
}

function feeding(form: FormParser, body: ByteSource): Feed {
  // Two in turn: the parser holds on to the last piece of a chunk until it has seen the next one.
  let next: ArrayBufferLike = new ArrayBuffer(chunkBytes)
  let last: ArrayBufferLike = new ArrayBuffer(chunkBytes)
  return async () => {
    const chunk = await body.read(next)
    if (!chunk.ok) return chunk
    if (chunk.value !== null) [next, last] = [last, chunk.value.buffer]
    const complaint = form.feed(chunk.value)
    if (complaint !== null) return { ok: false, fault: complaint }
    return ok(chunk.value === null ? 'end' : 'more')
  }
}

function fileIn(form: FormParser, feed: Feed, { contentType }: PartHeaders): ByteSource {
  let isOver = false
  return {
    length: null,
    contentType,
    async read(buffer, alreadyFilled = 0) {
      const whole = new Uint8Array(buffer as ArrayBuffer)
      let filled = alreadyFilled
      while (filled < whole.length) {
        const piece = form.take(whole.length - filled)
        whole.set(piece, filled)
        filled += piece.length
        if (piece.length > 0) continue
        if (isOver) break
        const fed = await feed()
        if (!fed.ok) return fed
        isOver = fed.value === 'end'
      }
      return ok(filled === 0 ? null : whole.subarray(0, filled))
    },
  }
}
