/** URLs in texts without the parts that may carry a token: user info, query and fragment. No I/O. */

/** A copy of a JSON value. `kept`: texts that stay as they are. */
export function withoutTokens<T>(value: T, kept: ReadonlySet<string> = new Set()): T {
  return JSON.parse(JSON.stringify(value), (_, inner) =>
    typeof inner === 'string' && !kept.has(inner) ? textWithoutTokens(inner) : inner,
  )
}

/** A text without the signatures and tokens in URLs of ours, which also have tokens in their paths. */
export function withoutOwnTokens(text: string): string {
  return text.replace(ownTokens, '$1…')
}

// `/webhooks/<provider>/<job>/<token>` and `/uploads/<job>/<n>/<token>`. A slash may be escaped, as JSON or a URL does.
const ownTokens =
  /(signature(?:=|%3d)|(?:webhooks(?:\\?\/|%2f)\w+|uploads)(?:\\?\/|%2f)job_\w+(?:\\?\/|%2f)(?:\d+(?:\\?\/|%2f))?)[\w-]+/gi

/** No character ends a text that is a URL. In another text a URL ends at white space, `"`, `<` or `>`. */
export function textWithoutTokens(text: string): string {
  const plain = /^https?:\/\//i.test(text) ? withoutToken(text) : text.replace(urls, withoutToken)
  return plain.replace(escapedUrls, withoutEscapedToken)
}

// An apostrophe, a bracket and a comma are valid in a path. JSON may write `\/` for a slash.
const urls = /https?:[\\/]{2,}[^\s"<>]+/gi
const escapedUrls = /https?%3a(?:%2f){2}[^\s"<>]+/gi

// Text that follows a URL without white space is cut with its query. A URL without a query may be followed by another.
export function withoutToken(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/(https?:[\\/]{2,})[^\\/]*@/gi, '$1')
}

function withoutEscapedToken(url: string): string {
  return url
    .replace(/(?:[?#]|%3f|%23).*$/is, '')
    .replace(/(https?%3a%2f%2f)(?:(?!%2f|\/).)*(?:@|%40)/gi, '$1')
}
