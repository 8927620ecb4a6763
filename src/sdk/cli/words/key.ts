/** How an API key is shown. No I/O. */
import { formatUsd } from '../../../core/format.ts'
import type { ApiKey, CurrentApiKey } from '../../client/generated/api.schemas.ts'
import type { Style } from '../output.ts'
import type { Column } from '../table.ts'
import { plain } from '../text.ts'

export function keyColumns(style: Style, nowMs = Date.now()): Column<ApiKey>[] {
  const isOver = (key: ApiKey) => stateOf(key, nowMs) !== 'valid'
  return [
    { title: 'Key', cell: ({ id }) => id },
    { title: 'Name', cell: ({ name }) => plain(name), isFlexible: true },
    {
      title: 'State',
      cell: (key) => stateOf(key, nowMs),
      paint: (text, key) => (isOver(key) ? style.red : style.green)(text),
    },
    { title: 'Project', cell: ({ project }) => project ?? '', rank: 2 },
    { title: 'Scopes', cell: ({ scopes }) => scopes.join(' '), rank: 1 },
    { title: 'Spent', cell: spentOf, isRight: true, rank: 3 },
    { title: 'Last used', cell: ({ last_used_at }) => last_used_at?.slice(0, 10) ?? 'never', rank: 4 },
  ]
}

function stateOf({ revoked_at, expires_at }: ApiKey, nowMs: number): 'valid' | 'revoked' | 'expired' {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) <= nowMs ? 'expired' : 'valid'
}

function spentOf({ monthly_budget_usd, spent_usd }: ApiKey): string {
  return monthly_budget_usd === null ? '' : `${formatUsd(spent_usd ?? 0)} of ${formatUsd(monthly_budget_usd)}`
}

export function keyLines(key: CurrentApiKey, style: Style): string[] {
  const { id, name, project, scopes, expires_at, callback_url, requests_per_minute, budget } = key
  const limit =
    requests_per_minute === null ? 'the limit of the deployment' : `${requests_per_minute} a minute`
  const spent =
    budget === null ? '' : `${formatUsd(budget.spent_usd)} of ${formatUsd(budget.monthly_budget_usd)}`
  return [
    `${style.bold(plain(name))}  ${style.dim(id)}`,
    `Scopes    ${scopes.join(', ')}`,
    `Project   ${project ?? 'none: it sees everything'}`,
    `Expires   ${expires_at ?? 'never'}`,
    `Requests  ${limit}`,
    `Budget    ${budget === null ? 'none' : `${spent} spent until ${budget.month_ends_at}`}`,
    ...(callback_url === null ? [] : [`Callback  ${plain(callback_url)}`]),
  ]
}
