/** The form of a new key, and the page that shows the key and its secret once. */
import type { Context as HonoContext } from 'hono'
import type { Problem } from '../../api/in-process.ts'
import { CodeBlock } from '../components/code.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import type { KeyFields } from './fields.ts'
import { KeyFormFields } from './key-form.tsx'
import type { CreatedKey, KeyView } from './view.ts'

interface NewKey {
  fields: KeyFields
  /** The id of the newest key when the form was made: by it a form that is sent again is recognized. */
  newest: string
  /** The key that the same form has created before. */
  created?: KeyView
  problem?: Problem
}

export function newestOf(keys: readonly KeyView[]): string {
  return keys[0]?.id ?? ''
}

export function renderNewKey(c: HonoContext<PageEnv>, { fields, newest, created, problem }: NewKey) {
  const status = created === undefined ? (problem?.status ?? 200) : 409
  return render(
    c,
    { title: 'New key', status, styles: ['keys'], scripts: ['keys'] },
    <>
      <h1>New key</h1>
      {created !== undefined && (
        <div class="alert active" role="alert">
          <p>
            No further key was created: since this form was opened,{' '}
            <a href={`/keys/${created.id}`} dir="auto">
              {created.name}
            </a>{' '}
            was. A key is shown only once. If you have not kept it, revoke it and create another here.
          </p>
        </div>
      )}
      <form method="post" action="/keys/new" class="card key-form">
        <KeyFormFields fields={fields} problem={problem} isNew />
        <input type="hidden" name="newest" value={newest} />
        <p class="row">
          <button type="submit" class="primary">
            Create the key
          </button>
          <a href="/keys">Back to the keys</a>
        </p>
      </form>
    </>,
  )
}

/** `twin`: a key of the same name that another post of the same form has created. */
export function renderCreated(c: HonoContext<PageEnv>, created: CreatedKey, twin?: KeyView) {
  const { id, name, key, callback_secret } = created
  return render(
    c,
    { title: 'The new key', styles: ['keys'] },
    <>
      <h1>
        The new key: <span dir="auto">{name}</span>
      </h1>
      <p class="alert active" role="status">
        Copy both now. They are shown only here, and only once.
      </p>
      {twin !== undefined && (
        <p class="alert bad" role="alert">
          The form was sent twice, and has created <a href={`/keys/${twin.id}`}>another key of this name</a>{' '}
          as well. Revoke it unless you have kept it.
        </p>
      )}
      <section class="card">
        <h2>API key</h2>
        <CodeBlock text={key} label="the API key" />
        <p class="quiet">
          Programs send it as <code>Authorization: Bearer …</code>. People sign in with it.
        </p>
      </section>
      <SecretCard secret={callback_secret} />
      <p class="row">
        <a href={`/keys/${id}`}>This key</a>
        <a href="/keys">All keys</a>
      </p>
    </>,
  )
}

export function SecretCard({ secret }: { secret: string }) {
  return (
    <section class="card">
      <h2>Callback secret</h2>
      <CodeBlock text={secret} label="the callback secret" />
      <p class="quiet">
        It signs the deliveries of the key's jobs that have no secret of their own.{' '}
        <a href="/docs#verify">How to verify them</a>
      </p>
    </section>
  )
}
