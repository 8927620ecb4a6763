/** Paths to which a form leads back. No I/O. */

/**
 * A path of ours, as a browser reads it; null for `/` and for anything else: no form may lead to another host. A
 * browser skips tabs and line breaks, and reads `\\` as `/`, so only a parser of URLs can decide it.
 */
export function ownPath(path = ''): string | null {
  if (!path.startsWith('/') || !URL.canParse(path, anyBase)) return null
  const url = new URL(path, anyBase)
  const own = url.pathname + url.search
  // `/.//host` has the path `//host`, which would be a host in turn.
  return url.origin === anyBase && own !== '/' && !own.startsWith('//') ? own : null
}

const anyBase = 'https://own.invalid'
