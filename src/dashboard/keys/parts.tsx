/** The parts that the pages of keys share. */
import type { Scope } from '../../core/access.ts'
import { formatUsd } from '../../core/format.ts'
import { Time } from '../components/time.tsx'
import type { DisabledHost } from './view.ts'

export const noProject = 'none: it sees all projects'

export const noticeTexts = {
  saved: 'Saved. Requests of the next few seconds may still use the old values.',
  revoked: 'Revoked. Within five seconds the key is refused everywhere.',
  enabled: 'Enabled. To send what failed meanwhile, redeliver it under Deliveries.',
}

export function Scopes({ scopes }: { scopes: readonly Scope[] }) {
  return (
    <span class="scopes">
      {scopes.map((scope) => (
        <>
          <code>{scope}</code>{' '}
        </>
      ))}
    </span>
  )
}

/** The used part of the budget of this month, reservations included. */
export function Budget({ budget, spent }: { budget: number | null; spent: number | null }) {
  if (budget === null) return <span class="quiet">any amount</span>
  const used = `${formatUsd(spent ?? 0)} of ${formatUsd(budget)}`
  return (
    <span class="budget">
      {/* A meter needs a range, also for a budget of 0. */}
      <meter
        max={budget || 1}
        high={budget * 0.8}
        value={budget === 0 ? 1 : (spent ?? 0)}
        aria-label={`${used} used`}
      />
      {used}
    </span>
  )
}

interface DisabledProps {
  title: string
  keyId: string
  hosts: readonly DisabledHost[]
}

export function DisabledCallbacks({ title, keyId, hosts }: DisabledProps) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {hosts.length === 0 ? (
        <p>None. A host that accepts no delivery for five days is disabled, and listed here.</p>
      ) : (
        <>
          <p>
            These hosts accepted no delivery for five days. Deliveries to them fail without an attempt, until
            you enable them.
          </p>
          <ul>
            {hosts.map(({ host, failing_since, disabled_at }) => (
              <li>
                <code>{host}</code> failing since <Time at={failing_since} />, disabled{' '}
                <Time at={disabled_at} />
              </li>
            ))}
          </ul>
          <form method="post" action={`/keys/${keyId}/enable-callbacks`}>
            <button type="submit">Enable these callbacks</button>
          </form>
        </>
      )}
    </section>
  )
}
