/**
 * The file in a multipart/form-data body, as a source. Memory holds one chunk of the body. The source ends only after
 * the whole form has, so a field after the file is refused before the file is stored.
 */
import { ok, type Result } from '../../core/fault.ts'
import type { ByteSource } from '../source.ts'
import { type FormParser, type FormRules, type PartHeaders, parseForm } from './parser.ts'

const chunkBytes = 256 * 1024

type Feed = () => Promise<Result<'more' | 'end'>>

export interface FormFile {
  source: ByteSource
  headers: PartHeaders
}

/** Reads up to the file. `header` is the body's complete Content-Type, including the boundary. Null: the form has no file. */
export async function openForm(
  body: ByteSource,
  header: string,
  rules: FormRules,
): Promise<Result<FormFile | null>> {
  const form = parseForm(header, rules)
  const feed = feedFrom(body, form)
  for (;;) {
    const headers = form.headers()
    if (headers !== null) return ok({ source: fileIn(form, feed, headers), headers })
    const fed = await feed()
    if (!fed.ok) return fed
    if (fed.value === 'end' && form.headers() === null) return ok(null)
  }
}

function feedFrom(body: ByteSource, form: FormParser): Feed {
  // Two buffers in turn: the parser keeps the end of a chunk until it has seen the next one.
  let next = new ArrayBuffer(chunkBytes)
  let last = new ArrayBuffer(chunkBytes)
  return async () => {
    const chunk = await body.read(next)
    if (!chunk.ok) return chunk
    if (chunk.value !== null) [next, last] = [last, chunk.value.buffer]
    const fault = form.feed(chunk.value)
    if (fault !== null) return { ok: false, fault }
    return ok(chunk.value === null ? 'end' : 'more')
  }
}

function fileIn(form: FormParser, feed: Feed, { contentType }: PartHeaders): ByteSource {
  let isOver = false
  return {
    length: null,
    contentType,
    async read(buffer, alreadyFilled = 0) {
      const whole = new Uint8Array(buffer)
      let filled = alreadyFilled
      while (filled < whole.length) {
        const bytes = form.take(whole.length - filled)
        whole.set(bytes, filled)
        filled += bytes.length
        if (bytes.length > 0) continue
        if (isOver) break
        const fed = await feed()
        if (!fed.ok) return fed
        isOver = fed.value === 'end'
      }
      return ok(filled === 0 ? null : whole.subarray(0, filled))
    },
  }
}
