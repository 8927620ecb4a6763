/** A file in R2 as it is served (RFC 9110 §13, §14; RFC 9111 §5.2): whole or in part, and not again to who has it. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { type ByteRange, readRanges } from '../../core/http/byte-ranges.ts'
import { writeHttpDate } from '../../core/http/http-date.ts'
import { evaluatePreconditions, mayBePartial } from '../../core/http/preconditions.ts'
import { always, problem, problemResponse, withoutKey } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { multipartRanges } from './multipart-ranges.ts'

export interface StoredFile {
  key: string
  contentType: string
  bytes: number
  sha256: string
  /** When it was stored; it never changes. */
  storedAt: number
  /** What a browser would save it as. */
  fileName: string
  /** What it is erased with: the id of its job, or of the asset that it is. */
  tag: string
}

export const downloadQuery = z.object({
  download: z.enum(['1']).optional().openapi({ description: '1: to be saved, not shown.' }),
})

const binary = { schema: z.string().openapi({ format: 'binary' }) }

/** What every route that serves a file answers, beside its own 401, 404 and 422. */
export function fileResponses(contentType: string) {
  return {
    ...always,
    200: { description: 'The file.', content: { [contentType]: binary } },
    206: {
      description: 'The range asked for; of several, each in a part of its own.',
      content: { [contentType]: binary, 'multipart/byteranges': binary },
    },
    304: { description: 'Unchanged since the ETag or the time given.' },
    412: problemResponse('It is not the file that If-Match or If-Unmodified-Since names.'),
    416: problemResponse('No range that was asked for lies in the file.'),
    429: withoutKey[429],
  }
}

export async function serveFile(c: HonoContext<ApiEnv>, file: StoredFile) {
  const header = (name: string) => c.req.header(name)
  const current = { etag: `"${file.sha256}"`, lastModifiedMs: file.storedAt }
  switch (evaluatePreconditions(header, current)) {
    case 'failed':
      return problem(c, 'precondition_failed', 'The file is another than the one named.')
    case 'unchanged':
      return c.body(null, 304, validatorsOf(c, file))
    case 'proceed':
  }
  if (c.req.method === 'HEAD') return c.body(null, 200, { ...headersOf(c, file), ...lengthOf(file.bytes) })
  const range = header('range')
  const ranges =
    range === undefined || !mayBePartial(header, current) ? 'whole' : readRanges(range, file.bytes)
  if (ranges === 'unsatisfiable') {
    c.header('content-range', `bytes */${file.bytes}`)
    return problem(c, 'range_not_satisfiable', `The file has ${file.bytes} bytes.`)
  }
  return sendBytes(c, file, ranges)
}

async function sendBytes(c: HonoContext<ApiEnv>, file: StoredFile, ranges: ByteRange[] | 'whole') {
  const { bucket } = c.get('context')
  const headers = headersOf(c, file)
  const isGone = () => problem(c, 'not_found', 'The file is no longer in the bucket.')
  if (ranges === 'whole') {
    const object = await bucket.get(file.key)
    return object === null ? isGone() : c.body(object.body, 200, { ...headers, ...lengthOf(file.bytes) })
  }
  const [range] = ranges
  if (range === undefined) throw new Error('a range was asked for and none is there')
  if (ranges.length > 1) {
    const parts = await multipartRanges(bucket, file, ranges)
    if (parts === null) return isGone()
    const { body, contentType, length } = parts
    return c.body(body, 206, { ...headers, 'content-type': contentType, ...lengthOf(length) })
  }
  const object = await bucket.get(file.key, { range })
  if (object === null) return isGone()
  const contentRange = `bytes ${range.offset}-${range.offset + range.length - 1}/${file.bytes}`
  return c.body(object.body, 206, { ...headers, ...lengthOf(range.length), 'content-range': contentRange })
}

function headersOf(c: HonoContext<ApiEnv>, file: StoredFile): Record<string, string> {
  const disposition = c.req.query('download') === '1' ? 'attachment' : 'inline'
  return {
    ...validatorsOf(c, file),
    'content-type': file.contentType,
    'accept-ranges': 'bytes',
    'content-disposition': `${disposition}; filename="${file.fileName}"`,
    // It is what its first bytes say, and no browser shall find it to be a page.
    'x-content-type-options': 'nosniff',
    // By this it is taken out of the cache in front of the Worker when it is erased.
    'cache-tag': file.tag,
  }
}

/** All that a 304 says (RFC 9110 §15.4.5). */
function validatorsOf(c: HonoContext<ApiEnv>, file: StoredFile): Record<string, string> {
  return {
    etag: `"${file.sha256}"`,
    'last-modified': writeHttpDate(file.storedAt),
    'cache-control': freshness(c),
  }
}

/**
 * A stored file never changes. Under a signed link it is for everybody until the link ends, and no longer: not even
 * by a cache that cannot reach us then. Under a key it is for its bearer.
 */
function freshness(c: HonoContext<ApiEnv>): string {
  const expiresAt = c.get('linkExpiresAt')
  if (expiresAt === undefined) return 'private, max-age=31536000, immutable'
  const seconds = Math.max(0, Math.floor((expiresAt - c.get('context').now()) / 1_000))
  return `public, max-age=${seconds}, immutable, must-revalidate`
}

function lengthOf(bytes: number) {
  return { 'content-length': String(bytes) }
}
