/** Signing in with an API key, and signing out. */
import { Hono, type Context as HonoContext } from 'hono'
import { readForm, textOf } from '../form.ts'
import { ownPath } from '../own-path.ts'
import type { PageEnv } from '../page-env.ts'
import { homeOf, render } from '../render.tsx'
import { readSession, signIn, signOut } from '../session.ts'

export const signInPages = new Hono<PageEnv>()
  .get('/sign-in', async (c) => {
    const next = ownPath(c.req.query('next'))
    const session = await readSession(c)
    return session === null ? renderForm(c, next) : c.redirect(next ?? homeOf(session.caller), 303)
  })
  .post('/sign-in', async (c) => {
    const form = await readForm(c.req.raw)
    const next = ownPath(textOf(form.get('next')))
    const session = await signIn(c, textOf(form.get('api_key')).trim())
    return session === null
      ? renderForm(c, next, 'No API key has this value, or it has expired.')
      : c.redirect(next ?? homeOf(session.caller), 303)
  })
  .post('/sign-out', (c) => {
    signOut(c)
    return c.redirect('/sign-in', 303)
  })

function renderForm(c: HonoContext<PageEnv>, next: string | null, fault?: string) {
  const form = (
    <form method="post" action="/sign-in" class="card sign-in">
      <h1>Reelhook</h1>
      {fault !== undefined && (
        <p class="alert bad" role="alert" id="fault">
          {fault}
        </p>
      )}
      {/* Password managers keep a password with a name. */}
      <input name="username" value="Reelhook" autocomplete="username" readonly hidden />
      <label for="api_key">API key</label>
      <input
        id="api_key"
        name="api_key"
        type="password"
        required
        autocomplete="current-password"
        spellcheck={false}
        aria-describedby={fault === undefined ? undefined : 'fault'}
        autofocus
      />
      <input type="hidden" name="next" value={next ?? ''} />
      <button type="submit" class="primary">
        Sign in
      </button>
      <p class="quiet">You see and do what this key may: its scopes and its project apply here too.</p>
    </form>
  )
  return render(c, { title: 'Sign in', status: fault === undefined ? 200 : 401 }, form)
}
