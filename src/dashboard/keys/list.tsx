/** All keys, for the scope admin. */
import type { Context as HonoContext } from 'hono'
import { formatCount } from '../../core/format.ts'
import { Notice } from '../components/notice.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { Budget, DisabledCallbacks, noticeTexts, Scopes } from './parts.tsx'
import { type DisabledHost, type KeyView, keyPath } from './view.ts'

export async function renderKeys(c: HonoContext<PageEnv>) {
  const api = c.get('api')
  const [{ data: keys }, { data: disabled }] = await Promise.all([
    api.read<{ data: KeyView[] }>('/v1/api-keys'),
    api.read<{ data: DisabledHost[] }>(`${keyPath('admin')}/disabled-callbacks`),
  ])
  const usable = keys.filter((key) => key.revoked_at === null)
  const revoked = keys.filter((key) => key.revoked_at !== null)
  return render(
    c,
    { title: 'Keys', styles: ['keys'] },
    <>
      <div class="row">
        <h1>Keys</h1>
        <a class="button primary" href="/keys/new">
          New key
        </a>
      </div>
      <Notice c={c} texts={noticeTexts} />
      {disabled.length > 0 && (
        <DisabledCallbacks title="The admin key has disabled callbacks" keyId="admin" hosts={disabled} />
      )}
      {usable.length === 0 ? (
        <p class="card empty">There is no key besides the admin key. Create one for each program.</p>
      ) : (
        <KeyTable keys={usable} nowMs={c.env.context.now()} label="API keys" />
      )}
      {revoked.length > 0 && (
        <details id="revoked">
          <summary>Revoked keys: {formatCount(revoked.length)}</summary>
          <KeyTable keys={revoked} nowMs={c.env.context.now()} label="Revoked API keys" />
        </details>
      )}
      <p class="quiet">The admin key is a setting of the deployment. It is not listed here.</p>
    </>,
  )
}

function KeyTable({ keys, nowMs, label }: { keys: KeyView[]; nowMs: number; label: string }) {
  return (
    <section class="table" aria-label={label} tabindex={0}>
      <table class="stacks">
        <thead>
          <tr>
            {['Name', 'Project', 'Scopes', 'Budget of the month', 'Rate', 'Last use', 'State'].map(
              (title) => (
                <th scope="col">{title}</th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr>
              <th scope="row" class="key-name">
                {key.revoked_at === null ? (
                  <a href={`/keys/${key.id}`} dir="auto">
                    {key.name}
                  </a>
                ) : (
                  <span dir="auto">{key.name}</span>
                )}
              </th>
              <td class="key-project" data-label="Project">
                {key.project ?? <span class="quiet">all</span>}
              </td>
              <td data-label="Scopes">
                <Scopes scopes={key.scopes} />
              </td>
              <td data-label="Budget">
                <Budget budget={key.monthly_budget_usd} spent={key.spent_usd} />
              </td>
              <td data-label="Rate">
                {key.requests_per_minute === null ? '' : `${formatCount(key.requests_per_minute)}/min`}
              </td>
              <td data-label="Last use">
                {key.last_used_at === null ? (
                  <span class="quiet">never</span>
                ) : (
                  <Time at={key.last_used_at} />
                )}
              </td>
              <td data-label="State">
                <State apiKey={key} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function State({ apiKey, nowMs }: { apiKey: KeyView; nowMs: number }) {
  const { revoked_at, expires_at } = apiKey
  if (revoked_at !== null)
    return (
      <>
        <Status status="revoked" /> <Time at={revoked_at} />
      </>
    )
  if (expires_at === null) return <Status status="enabled" />
  return (
    <>
      <Status status={Date.parse(expires_at) <= nowMs ? 'expired' : 'enabled'} />{' '}
      <span class="quiet">
        until <Time at={expires_at} />
      </span>
    </>
  )
}
