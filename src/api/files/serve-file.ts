/** Serves a file from R2, whole or one range, unless the client already has it (RFC 9110 §13, §14; RFC 9111 §5.2). */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { type ByteRange, isFromFirstByteOn, readRange } from '../../core/http/byte-ranges.ts'
import { writeHttpDate } from '../../core/http/http-date.ts'
import { evaluatePreconditions, mayBePartial, type Validators } from '../../core/http/preconditions.ts'
import { problem } from '../problems.ts'
import { commonProblems, keyProblems, problemResponse } from '../responses.ts'
import type { ApiEnv } from '../router.ts'

export interface StoredFile {
  key: string
  contentType: string
  bytes: number
  sha256: string
  /** A stored file never changes. */
  storedAt: number
  /** The name at the end of its links, under which a browser saves it. */
  fileName: string
  /** The id of the job or asset that it belongs to: erasing that purges this tag from the cache. */
  tag: string
}

/** The cache in front of the Worker stores no larger response. */
const maxCachedBytes = 512 * 1024 * 1024

export const downloadQuery = z.object({
  download: z.enum(['1']).optional().openapi({ description: '1: a browser saves the file.' }),
})

export function fileNameParam(example: string) {
  return z.string().openapi({
    description: 'The name of the file, as its links have it. Any other name is not found.',
    param: { in: 'path', name: 'name', required: true },
    example,
  })
}

const binary = { schema: z.string().openapi({ format: 'binary' }) }

/** The responses of every route that serves a file, without its 401, 404 and 422. */
export function fileResponses(contentTypes: readonly string[]) {
  const content = Object.fromEntries(contentTypes.map((type) => [type, binary]))
  return {
    ...commonProblems,
    200: { description: 'The file.', content },
    206: { description: 'The requested range.', content },
    304: { description: 'Unchanged: the client already has this file.' },
    412: problemResponse('If-Match or If-Unmodified-Since does not match the file.'),
    416: problemResponse('The requested range is outside the file.'),
    429: keyProblems[429],
  }
}

/** `name` is the one in the path, if there is one: a file has one name, so that each link has one URL to cache. */
export async function serveFile(c: HonoContext<ApiEnv>, file: StoredFile, name = file.fileName) {
  if (name !== file.fileName) return problem(c, 'not_found', 'The file has another name.')
  const header = (name: string) => c.req.header(name)
  const current = { etag: `"${file.sha256}"`, lastModifiedMs: file.storedAt }
  switch (evaluatePreconditions(header, current)) {
    case 'failed':
      return problem(c, 'precondition_failed', 'The stored file is not the one that the request names.')
    case 'unchanged':
      return c.body(null, 304, validatorsOf(c, file))
    case 'proceed':
  }
  const headers = headersOf(c, file)
  if (c.req.method === 'HEAD') return c.body(null, 200, { ...headers, ...lengthOf(file.bytes) })
  const range = chooseRange(c, file, current)
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${file.bytes}`)
    return problem(c, 'range_not_satisfiable', `The file has ${file.bytes} bytes.`)
  }
  const { bucket } = c.get('context')
  const object = await bucket.get(file.key, range === 'whole' ? {} : { range })
  if (object === null) return problem(c, 'not_found', 'The file is no longer in the bucket.')
  if (range === 'whole') return c.body(object.body, 200, { ...headers, ...lengthOf(file.bytes) })
  const contentRange = `bytes ${range.offset}-${range.offset + range.length - 1}/${file.bytes}`
  return c.body(object.body, 206, { ...headers, ...lengthOf(range.length), 'content-range': contentRange })
}

/**
 * Players open a video with `bytes=0-`, and the cache in front of the Worker stores only whole responses, never a 206. So a
 * link then returns the whole file (a server may ignore Range, §14.2), and the cache answers all later ranges. A range
 * with an end is returned as it is: Safari plays nothing without a 206. So is any range of a file that is not cached.
 */
function chooseRange(
  c: HonoContext<ApiEnv>,
  { bytes }: StoredFile,
  current: Validators,
): ByteRange | 'whole' | 'unsatisfiable' {
  const requested = c.req.header('range')
  if (requested === undefined || !mayBePartial((name) => c.req.header(name), current)) return 'whole'
  const mayBeCached = c.get('linkExpiresAt') !== undefined && bytes <= maxCachedBytes
  return mayBeCached && isFromFirstByteOn(requested) ? 'whole' : readRange(requested, bytes)
}

function headersOf(c: HonoContext<ApiEnv>, file: StoredFile): Record<string, string> {
  const disposition = c.req.query('download') === '1' ? 'attachment' : 'inline'
  return {
    ...validatorsOf(c, file),
    'content-type': file.contentType,
    'accept-ranges': 'bytes',
    'content-disposition': `${disposition}; filename="${file.fileName}"`,
    // The type comes from the first bytes; a browser must not sniff an HTML page in it.
    'x-content-type-options': 'nosniff',
    // Erasing purges the file from the cache in front of the Worker by this tag.
    'cache-tag': file.tag,
  }
}

/** The headers of a 304 (RFC 9110 §15.4.5). */
function validatorsOf(c: HonoContext<ApiEnv>, file: StoredFile): Record<string, string> {
  return {
    etag: `"${file.sha256}"`,
    'last-modified': writeHttpDate(file.storedAt),
    'cache-control': freshness(c),
  }
}

/**
 * A stored file never changes. With a signed link it is public until the link expires, and `must-revalidate` stops a
 * cache that cannot reach us from serving it later. With a key it is private to the caller, which revalidates it with the
 * ETag before each use: no purge reaches its copy.
 */
function freshness(c: HonoContext<ApiEnv>): string {
  const expiresAt = c.get('linkExpiresAt')
  if (expiresAt === undefined) return 'private, no-cache'
  const seconds = Math.max(0, Math.floor((expiresAt - c.get('context').now()) / 1_000))
  return `public, max-age=${seconds}, immutable, must-revalidate`
}

function lengthOf(bytes: number) {
  return { 'content-length': String(bytes) }
}
