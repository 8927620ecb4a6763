/** The result of the last form, on the page that follows it. */
import type { Context as HonoContext } from 'hono'
import type { PageEnv } from '../page-env.ts'

/** The URL of a page that shows the notice with this name. */
export function withNotice(path: string, name: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams({ notice: name })}`
}

/** The URL has the name of a notice only: a link cannot put words into our mouth. `texts`: by name. */
export function Notice({ c, texts }: { c: HonoContext<PageEnv>; texts: Readonly<Record<string, string>> }) {
  const name = c.req.query('notice') ?? ''
  if (!Object.hasOwn(texts, name)) return null
  return (
    <p class="alert good" role="status">
      {texts[name]}
    </p>
  )
}
