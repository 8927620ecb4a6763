/** One key, for the scope admin: what it is, what can be changed, and its callbacks. */
import type { Context as HonoContext } from 'hono'
import type { Problem } from '../../api/in-process.ts'
import { Copyable } from '../components/code.tsx'
import { type Fact, Facts } from '../components/facts.tsx'
import { Notice } from '../components/notice.tsx'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import type { KeyFields } from './fields.ts'
import { KeyFormFields } from './key-form.tsx'
import { Budget, DisabledCallbacks, noProject, noticeTexts } from './parts.tsx'
import { type DisabledHost, type KeyView, keyPath } from './view.ts'

/** `fields`: as stored, or as a person has typed them if the API has refused them with the `problem`. */
export async function renderKey(c: HonoContext<PageEnv>, key: KeyView, fields: KeyFields, problem?: Problem) {
  const { data: hosts } = await c
    .get('api')
    .read<{ data: DisabledHost[] }>(`${keyPath(key.id)}/disabled-callbacks`)
  const path = `/keys/${key.id}`
  return render(
    c,
    { title: key.name, status: problem?.status ?? 200, styles: ['keys'] },
    <>
      <p>
        <a href="/keys">Keys</a>
      </p>
      <h1 dir="auto">{key.name}</h1>
      <Notice c={c} texts={noticeTexts} />
      <section class="card" aria-label="Facts">
        <Facts rows={factsOf(key, c.env.context.now())} />
      </section>
      <form method="post" action={path} class="card key-form">
        <h2>Change</h2>
        <KeyFormFields fields={fields} problem={problem} isNew={false} />
        <p>
          <button type="submit" class="primary">
            Save
          </button>
        </p>
      </form>
      <DisabledCallbacks title="Disabled callbacks" keyId={key.id} hosts={hosts} />
      <section class="card">
        <h2>Callback secret</h2>
        <p>
          {key.secret_rotated_at === null ? (
            'It was never rotated.'
          ) : (
            <>
              Rotated <Time at={key.secret_rotated_at} />. For 24 hours from then, the previous one signs too.
            </>
          )}
        </p>
        <a class="button" href={`${path}/rotate`}>
          Rotate the secret…
        </a>
      </section>
      <section class="card">
        <h2>Revoke</h2>
        <p>A revoked key is refused from then on. It cannot be restored.</p>
        <a class="button danger" href={`${path}/revoke`}>
          Revoke the key…
        </a>
      </section>
    </>,
  )
}

function factsOf(key: KeyView, nowMs: number): Fact[] {
  const { id, project, created_at, last_used_at: lastUse, expires_at: end } = key
  return [
    ['Id', <Copyable text={id} label="the id" />],
    ['Project', project ?? noProject],
    ['Budget of the month', <Budget budget={key.monthly_budget_usd} spent={key.spent_usd} />],
    ['Created', <Time at={created_at} />],
    ['Last use', lastUse === null ? 'never' : <Time at={lastUse} />],
    [end !== null && Date.parse(end) <= nowMs ? 'Expired' : 'Expires', end !== null && <Time at={end} />],
  ]
}
