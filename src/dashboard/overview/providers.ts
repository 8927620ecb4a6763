/** Lists what costs time or money at a provider, and is no condition of an alert. No I/O. No clock. */
import type { StatsView } from '../../api/system/stats-view.ts'
import { counted } from '../../core/format.ts'
import { active, type Concern } from './concern.ts'

export function aboutProviders({ now: { slots }, costs }: StatsView): Concern[] {
  const found: Concern[] = []
  for (const { provider, limit, in_use, waiting } of slots)
    if (waiting > 0 && in_use >= limit)
      found.push(
        active(
          `${counted(waiting, 'job')} waiting for a slot at ${provider}`,
          `All ${limit} are taken. If your account allows more tasks at once, raise ${provider.toUpperCase()}_MAX_CONCURRENT.`,
          [{ href: `/jobs?status=queued&provider=${provider}`, text: 'Queued jobs' }],
        ),
      )
  for (const { provider, unreported_count } of costs)
    if (unreported_count > 0)
      found.push(
        active(
          `${counted(unreported_count, 'task')} of ${provider} without a reported cost or a published price`,
          "Their costs are estimates, and the money below is without them. Compare them with the provider's invoice.",
          [{ href: `/jobs?status=succeeded&provider=${provider}`, text: `Jobs at ${provider}` }],
        ),
      )
  return found
}
