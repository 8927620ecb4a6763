/** The URLs of a job that a caller may see without their tokens (api/hidden-urls.ts). No I/O. No clock. */
import { type Caller, mayDo } from '../core/access.ts'
import type { JobView } from '../core/job/view-schema.ts'
import { withoutTokens } from '../core/url/without-tokens.ts'

export const cutUrlsNote = 'This key may see the URLs of this job without their tokens.'

/** A job does not show its owner. But a URL that has a token shows that the caller sees all of them. */
export function mayLackTokens(caller: Caller, { request, metadata }: JobView): boolean {
  const shown = JSON.stringify({ request, metadata })
  return (
    !mayDo(caller, 'admin') && hasUrl(shown) && shown === JSON.stringify(withoutTokens({ request, metadata }))
  )
}

export function hasUrl(text: string): boolean {
  return /https?(?::|%3a)/i.test(text)
}
