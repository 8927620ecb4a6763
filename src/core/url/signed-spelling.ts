/** Each signed URL has exactly one valid spelling. No I/O. */

/** Whether a signed path is spelled as issued: it needs no escapes, so an escape is another spelling. */
export function isPlainPath(url: string): boolean {
  return !new URL(url).pathname.includes('%')
}

/** The same for a link with a signed query. Parsers differ in which copy of a duplicate parameter they use. */
export function isPlainLink(url: string): boolean {
  const { search } = new URL(url)
  if (!isPlainPath(url) || /[%+]/.test(search)) return false
  const names = search
    .slice(1)
    .split('&')
    .map((pair) => pair.split('=')[0])
  return new Set(names).size === names.length
}

/** A whole number as `String` writes it, for schemas of paths and queries. */
export const plainInteger = /^(?:0|[1-9]\d{0,11})$/
