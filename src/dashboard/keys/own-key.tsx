/** The key that has signed in, for a person without the scope admin. */
import type { Context as HonoContext } from 'hono'
import { mayDo } from '../../core/access.ts'
import { Copyable } from '../components/code.tsx'
import { Notice } from '../components/notice.tsx'
import { Time } from '../components/time.tsx'
import { formatCount, formatUsd } from '../format.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { Budget, DisabledCallbacks, noticeTexts, Scopes } from './parts.tsx'
import { type CurrentKey, type DisabledHost, keyPath } from './view.ts'

export async function renderOwnKey(c: HonoContext<PageEnv>) {
  const api = c.get('api')
  const key = await api.read<CurrentKey>('/v1/api-keys/current')
  const managesCallbacks = mayDo(c.get('caller'), 'deliveries')
  const { data: hosts } = managesCallbacks
    ? await api.read<{ data: DisabledHost[] }>(`${keyPath(key.id)}/disabled-callbacks`)
    : { data: [] }
  return render(
    c,
    { title: 'My key', styles: ['keys'] },
    <>
      <h1>
        My key: <span dir="auto">{key.name}</span>
      </h1>
      <Notice c={c} texts={noticeTexts} />
      <section class="card" aria-label="Facts">
        <dl class="facts">
          <dt>Id</dt>
          <dd>
            <Copyable text={key.id} label="the id" />
          </dd>
          <dt>Project</dt>
          <dd>{key.project ?? 'none: it sees all projects'}</dd>
          <dt>Scopes</dt>
          <dd>
            <Scopes scopes={key.scopes} />
          </dd>
          <dt>Budget of the month</dt>
          <dd>
            <Budget budget={key.budget?.monthly_budget_usd ?? null} spent={key.budget?.spent_usd ?? null} />
            {key.budget !== null && (
              <p>
                {formatUsd(key.budget.remaining_usd)} left until <Time at={key.budget.month_ends_at} />
              </p>
            )}
          </dd>
          <dt>Requests per minute</dt>
          <dd>
            {key.requests_per_minute === null
              ? 'the limit of the deployment'
              : formatCount(key.requests_per_minute)}
          </dd>
          <dt>Expires</dt>
          <dd>{key.expires_at === null ? 'never' : <Time at={key.expires_at} />}</dd>
          <dt>Default callback URL</dt>
          <dd>{key.callback_url === null ? 'none' : <code>{key.callback_url}</code>}</dd>
        </dl>
      </section>
      {managesCallbacks && (
        <>
          <DisabledCallbacks title="Disabled callbacks" keyId={key.id} hosts={hosts} />
          <section class="card">
            <h2>Callback secret</h2>
            <a class="button" href={`/keys/${key.id}/rotate`}>
              Rotate the secret…
            </a>
          </section>
        </>
      )}
    </>,
  )
}
