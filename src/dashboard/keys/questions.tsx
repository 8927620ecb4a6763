/** The pages that ask before a secret is rotated or a key is revoked, and the new secret. */
import type { Context as HonoContext } from 'hono'
import type { Child } from 'hono/jsx'
import { mayDo } from '../../core/access.ts'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { SecretCard } from './new-key.tsx'
import type { KeyView, Rotation } from './view.ts'

/** `rotatedAt`: the form is for the secret of that moment only, so that sending it again rotates nothing. */
export function confirmRotation(
  c: HonoContext<PageEnv>,
  id: string,
  rotatedAt: string | null,
  status: 200 | 409 = 200,
) {
  return render(
    c,
    { title: 'Rotate the secret', status },
    <Question
      title="Rotate the callback secret?"
      action="rotate"
      label="Rotate the secret"
      back={pageOf(c, id)}
      id={id}
    >
      {status === 409 && (
        <p class="alert active" role="alert">
          Nothing was done: the secret was rotated after this form was opened. A secret is shown only once. If
          you have not kept it, rotate it again.
        </p>
      )}
      <p>
        For 24 hours, both secrets sign every delivery. Give your receiver the new one within that time. Jobs
        with a callback_secret of their own keep it.
      </p>
      {rotatedAt !== null && (
        <p>
          The last rotation was <Time at={rotatedAt} />.
        </p>
      )}
      <input type="hidden" name="rotated_at" value={rotatedAt ?? ''} />
    </Question>,
  )
}

export function renderRotated(c: HonoContext<PageEnv>, { id, callback_secret, overlap_until }: Rotation) {
  return render(
    c,
    { title: 'The new secret' },
    <>
      <h1>The new secret</h1>
      <p class="alert active" role="status">
        Copy it now. It is shown only here, and only once. Until <Time at={overlap_until} /> the previous one
        signs too.
      </p>
      <SecretCard secret={callback_secret} />
      <a href={pageOf(c, id)}>Back to the key</a>
    </>,
  )
}

export function confirmRevocation(c: HonoContext<PageEnv>, { id, name }: KeyView) {
  return render(
    c,
    { title: 'Revoke the key' },
    <Question
      title={`Revoke ${name}?`}
      action="revoke"
      label="Revoke the key"
      isDangerous
      back={pageOf(c, id)}
      id={id}
    >
      <ul>
        <li>Within five seconds, every request with the key is refused.</li>
        <li>People who signed in with it are signed out, and its event streams end within about a minute.</li>
        <li>Its jobs continue, and their deliveries are sent and signed as before.</li>
        <li>It cannot be restored.</li>
      </ul>
    </Question>,
  )
}

interface QuestionProps {
  title: string
  id: string
  action: string
  label: string
  isDangerous?: boolean
  /** Where a person goes who has changed their mind. */
  back: string
  children?: Child
}

function Question({ title, id, action, label, isDangerous = false, back, children }: QuestionProps) {
  return (
    <form method="post" action={`/keys/${encodeURIComponent(id)}/${action}`} class="card">
      <h1 dir="auto">{title}</h1>
      {children}
      <p class="row">
        <button type="submit" class={isDangerous ? 'danger' : 'primary'}>
          {label}
        </button>
        <a href={back}>Cancel</a>
      </p>
    </form>
  )
}

function pageOf(c: HonoContext<PageEnv>, id: string): string {
  return mayDo(c.get('caller'), 'admin') ? `/keys/${encodeURIComponent(id)}` : '/keys'
}
