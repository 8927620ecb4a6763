/** Each signed URL has exactly one valid spelling. No I/O. */

/** Whether a signed path is spelled as issued: it needs no escapes, so an escape is another spelling. */
export function isPlainPath(url: string): boolean {
  return !new URL(url).pathname.includes('%')
}

/**
 * The same for a link with a signed query. A cache stores each spelling by itself, so no parameter may be added, as in the
 * signed URLs of S3: each person with the link could fill the cache, and a parameter for tracking would make each view a copy.
 */
export function isPlainLink(url: string): boolean {
  return isPlainPath(url) && issuedQuery.test(new URL(url).search)
}

const issuedQuery = /^\?expires=\d+&signature=[\w-]+(?:&download=1)?$/

/** A whole number as `String` writes it, for schemas of paths and queries. */
export const plainInteger = /^(?:0|[1-9]\d{0,11})$/
