/** The key that has signed in, for a person without the scope admin. */
import type { Context as HonoContext } from 'hono'
import { mayDo } from '../../core/access.ts'
import { formatCount, formatUsd } from '../../core/format.ts'
import { Copyable } from '../components/code.tsx'
import { type Fact, Facts } from '../components/facts.tsx'
import { Notice } from '../components/notice.tsx'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { Budget, DisabledCallbacks, noProject, noticeTexts, Scopes } from './parts.tsx'
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
        <Facts rows={factsOf(key)} />
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

function factsOf(key: CurrentKey): Fact[] {
  const { budget, requests_per_minute: rate, expires_at: end, callback_url: url } = key
  return [
    ['Id', <Copyable text={key.id} label="the id" />],
    ['Project', key.project ?? noProject],
    ['Scopes', <Scopes scopes={key.scopes} />],
    [
      'Budget of the month',
      <>
        <Budget budget={budget?.monthly_budget_usd ?? null} spent={budget?.spent_usd ?? null} />
        {budget !== null && (
          <p>
            {formatUsd(budget.remaining_usd)} left until <Time at={budget.month_ends_at} />
          </p>
        )}
      </>,
    ],
    ['Requests per minute', rate === null ? 'the limit of the deployment' : formatCount(rate)],
    ['Expires', end === null ? 'never' : <Time at={end} />],
    ['Default callback URL', url === null ? 'none' : <code>{url}</code>],
  ]
}
