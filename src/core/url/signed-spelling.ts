/** Signed URLs have one spelling. No I/O. */

/** Whether a signed path is written as we write it: nothing in it needs an escape, so an escape is another spelling. */
export function isPlainPath(url: string): boolean {
  return !new URL(url).pathname.includes('%')
}

/** The same of a link, whose query is signed too: of a parameter that is there twice, readers choose differently. */
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
