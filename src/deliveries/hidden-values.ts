/** The answer of a receiver, without the values of the callback headers: some receivers echo them. No I/O. */
import type { Attempted } from './classify.ts'

const mask = '***'
/** A shorter value is no secret, and would be masked inside of words. */
const minSecretLength = 6

export function withoutValues(attempted: Attempted, headers: Record<string, string>): Attempted {
  const values = Object.values(headers)
  // An authorization value without its scheme, such as `Bearer`.
  const credentials = values.map((value) => value.replace(/^\S+ +/, ''))
  const secrets = spellingsOf([...values, ...credentials])
  if (secrets.length === 0) return attempted
  const cut = spellingsOf(credentials)
  const hide = (text: string) => cut.reduce(hideCutEnd, secrets.reduce(hideWhole, text))
  const { error, responseHeaders, responseBody, redirect } = attempted
  return {
    ...attempted,
    error: error && hide(error),
    responseHeaders: responseHeaders && hideInJson(responseHeaders, hide),
    responseBody: responseBody && hide(responseBody),
    ...(redirect && { redirect: { host: hide(redirect.host), path: hide(redirect.path) } }),
  }
}

/** Also as JSON or a URL may escape them. The longest first: it contains others. */
function spellingsOf(values: string[]): string[] {
  const all = values.flatMap((value) => {
    const inJson = JSON.stringify(value).slice(1, -1)
    return [value, inJson, inJson.replaceAll('/', '\\/'), encodeURIComponent(value), encodeURI(value)]
  })
  return [...new Set(all)]
    .filter(({ length }) => length >= minSecretLength)
    .sort((a, b) => b.length - a.length)
}

function hideWhole(text: string, secret: string): string {
  return text.replaceAll(secret, mask)
}

/** Only the start of an answer is stored, so its end may be the start of a secret, with or without an ellipsis. */
function hideCutEnd(text: string, secret: string): string {
  const ellipsis = text.endsWith('…') ? '…' : ''
  const start = text.slice(0, text.length - ellipsis.length)
  for (let length = secret.length - 1; length >= minSecretLength; length--) {
    if (start.endsWith(secret.slice(0, length))) return `${start.slice(0, -length)}${mask}${ellipsis}`
  }
  return text
}

function hideInJson(json: string, hide: (text: string) => string): string {
  return JSON.stringify(JSON.parse(json), (_, inner) => (typeof inner === 'string' ? hide(inner) : inner))
}
