/** A file in R2 as it is served: whole or by range, described by HEAD, not sent again to who has it. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import type { ApiEnv } from './environment.ts'
import { problem, problemResponse } from './problems.ts'

export interface StoredFile {
  key: string
  contentType: string
  bytes: number
  sha256: string
  /** What a browser would save it as. */
  fileName: string
}

/** What every route that serves a file answers, beside its own 401 and 404. */
export function fileResponses(contentType: string) {
  return {
    200: {
      description: 'The file.',
      content: { [contentType]: { schema: z.string().openapi({ format: 'binary' }) } },
    },
    206: { description: 'The range asked for.' },
    304: { description: 'Unchanged since the ETag given.' },
    416: problemResponse('The range is outside the file.'),
  }
}

export async function serveFile(c: HonoContext<ApiEnv>, file: StoredFile) {
  const range = rangeOf(c, file)
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${file.bytes}`)
    return problem(c, 'range_not_satisfiable', `The file has ${file.bytes} bytes.`)
  }
  if (isUnchanged(c, file)) return c.body(null, 304, headersOf(file))
  if (c.req.method === 'HEAD') return c.body(null, 200, { ...headersOf(file), ...lengthOf(file.bytes) })
  const object = await c.get('context').bucket.get(file.key, range === null ? {} : { range })
  if (object === null) return problem(c, 'not_found', 'The file is no longer in the bucket.')
  if (range === null) return c.body(object.body, 200, { ...headersOf(file), ...lengthOf(file.bytes) })
  const last = range.offset + range.length - 1
  const contentRange = { 'content-range': `bytes ${range.offset}-${last}/${file.bytes}` }
  return c.body(object.body, 206, { ...headersOf(file), ...lengthOf(range.length), ...contentRange })
}

function headersOf(file: StoredFile): Record<string, string> {
  return {
    'content-type': file.contentType,
    etag: etagOf(file),
    'accept-ranges': 'bytes',
    'content-disposition': `inline; filename="${file.fileName}"`,
    // It is what its first bytes say, and no browser shall find it to be a page.
    'x-content-type-options': 'nosniff',
    // A stored file never changes.
    'cache-control': 'private, max-age=31536000, immutable',
  }
}

function lengthOf(bytes: number) {
  return { 'content-length': String(bytes) }
}

/** RFC 9110 §13.1.2: any of a list, weak or strong, or `*`. */
function isUnchanged(c: HonoContext, file: StoredFile): boolean {
  const tags = (c.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(etagOf(file))
}

function etagOf({ sha256 }: StoredFile): string {
  return `"${sha256}"`
}

/** One range of bytes (RFC 9110 §14). Null: none was asked for, or several, which may be answered whole. */
function rangeOf(
  c: HonoContext,
  { bytes }: StoredFile,
): { offset: number; length: number } | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(c.req.header('range') ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return null
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (start >= bytes || (first === '' && Number(last) === 0)) return 'unsatisfiable'
  return end < start ? null : { offset: start, length: end - start + 1 }
}
