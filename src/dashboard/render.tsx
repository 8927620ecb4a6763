/** The frame of every page: its head, its navigation and its headers. */
import type { Context as HonoContext } from 'hono'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Caller, mayDo, type Scope } from '../core/access.ts'
import type { PageEnv } from './page-env.ts'

export interface PageOptions {
  title: string
  status?: number
  /** The path of a stream of the live pages (live.ts). Whenever it sends, the parts of the page with `data-live` are replaced. */
  live?: string | undefined
  /** Further styles and scripts below /static/, without their ending. */
  styles?: readonly string[]
  scripts?: readonly string[]
}

/** No script, style, picture or video of another host, and none in the page's own text. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function render(c: HonoContext<PageEnv>, options: PageOptions, content: Child) {
  const page = (
    <Page options={options} path={c.req.path} caller={c.get('caller')}>
      {content}
    </Page>
  )
  return c.html(`<!doctype html>${page}`, (options.status ?? 200) as ContentfulStatusCode, {
    'content-security-policy': contentSecurityPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
}

interface PageProps {
  options: PageOptions
  path: string
  caller: Caller | undefined
  children?: Child
}

function Page({ options, path, caller, children }: PageProps) {
  const { title, live, styles = [], scripts = [] } = options
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Reelhook`}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        {['base', 'parts', 'tables', 'forms', ...styles].map((name) => (
          <link rel="stylesheet" href={`/static/${name}.css`} />
        ))}
        {['base', ...scripts].map((name) => (
          <script type="module" src={`/static/${name}.js`} />
        ))}
      </head>
      <body data-stream={live}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {caller !== undefined && <Navigation path={path} caller={caller} />}
        <main id="main">{children}</main>
      </body>
    </html>
  )
}

/** The first page that the caller may see. */
export function homeOf(caller: Caller): string {
  const first = sections.find(({ scope }) => mayDo(caller, scope))?.path
  return first ?? (mayDo(caller, 'jobs:write') ? '/jobs/new' : '/keys')
}

interface Section {
  path: string
  title: string
}

const sections: readonly (Section & { scope: Scope })[] = [
  { path: '/', title: 'Overview', scope: 'jobs:read' },
  { path: '/jobs', title: 'Jobs', scope: 'jobs:read' },
  { path: '/deliveries', title: 'Deliveries', scope: 'deliveries' },
  { path: '/endpoints', title: 'Endpoints', scope: 'deliveries' },
  { path: '/keys', title: 'Keys', scope: 'admin' },
]

function sectionsFor(caller: Caller): Section[] {
  const open = sections.filter(({ scope }) => mayDo(caller, scope))
  return mayDo(caller, 'admin') ? open : [...open, { path: '/keys', title: 'My key' }]
}

function Navigation({ path, caller }: { path: string; caller: Caller }) {
  const isCurrent = (section: string) =>
    section === '/' ? path === '/' : path === section || path.startsWith(`${section}/`)
  return (
    <header class="top">
      <a class="brand" href={homeOf(caller)}>
        Reelhook
      </a>
      <nav aria-label="Sections">
        {sectionsFor(caller).map(({ path: section, title }) => (
          <a href={section} aria-current={isCurrent(section) ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="account">
        {mayDo(caller, 'jobs:write') && (
          <a class="button primary" href="/jobs/new">
            New job
          </a>
        )}
        {caller.project !== null && <span class="project">Project {caller.project}</span>}
        <form method="post" action="/sign-out">
          <button type="submit" class="plain">
            Sign out
          </button>
        </form>
      </div>
    </header>
  )
}
