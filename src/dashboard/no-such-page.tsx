/** The page for an address that is neither a page nor a route of the API. It needs no session and no settings. */
import { Hono } from 'hono'
import type { PageEnv } from './page-env.ts'
import { render } from './render.tsx'

export const noSuchPage = new Hono<PageEnv>().all('*', (c) =>
  render(
    c,
    { title: 'No such page', status: 404 },
    <div class="empty">
      <h1>There is no such page</h1>
      <p>
        <a href="/">The pages</a> · <a href="/docs">The API</a>
      </p>
    </div>,
  ),
)
