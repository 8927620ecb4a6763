/** The numbers behind the metrics. Each part is read by itself, so a part that does not respond hides no other. */
import type { Context } from '../../context.ts'
import { everyProject } from '../../core/access.ts'
import { probe } from '../../probe.ts'
import { readTriedLast } from '../../store/choice/known.ts'
import { countDisabled } from '../../store/deliveries/disabled.ts'
import { countBacklog, countSlots } from '../../store/reports/backlog.ts'
import { countBudgetUse } from '../../store/reports/budget-use.ts'
import { countRaisedAlerts } from '../../store/reports/raised-alerts.ts'
import { countRecentDeliveries } from '../../store/reports/recent-deliveries.ts'
import { lastReconciliation } from '../../store/reports/reconciliation.ts'
import { countUnsettled } from '../../store/reports/stats.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { readSize } from '../../store/size.ts'
import { readTotals } from '../../store/upkeep/totals.ts'

/** Null: the part did not respond. A sum over all databases is null if one of them did not: a total must never shrink. */
export type Readings = Awaited<ReturnType<typeof readAll>>

export async function readAll(context: Context) {
  const { databases, db, lastSeenSize, queues, now } = context
  const nowMs = now()
  const read = async <T>(part: string, work: () => Promise<T>): Promise<T | null> => {
    const probed = await probe(context, `metrics.${part}`, work)
    return probed.ok ? probed.value : null
  }
  const [
    sizes,
    totals,
    unsettled,
    backlog,
    recent,
    slots,
    triedLast,
    disabled,
    reconciliation,
    budgets,
    alerts,
    waiting,
  ] = await Promise.all([
    Promise.all(databases.map((one, shard) => read(`database_${shard}`, () => readSize(one, lastSeenSize)))),
    read('totals', async () => (await inEachDatabase(context, readTotals)).flat()),
    read('unsettled', () => countUnsettled(databases)),
    read('backlog', () => countBacklog(context, nowMs, everyProject)),
    read('deliveries', () => countRecentDeliveries(databases, nowMs)),
    read('slots', () => countSlots(db)),
    read('tried_last', () => readTriedLast(databases, nowMs)),
    read('disabled', () => countDisabled(db, everyProject)),
    read('reconciliation', async () => ({ last: await lastReconciliation(db) })),
    read('budgets', () => countBudgetUse(db, nowMs)),
    read('alerts', () => countRaisedAlerts(db)),
    read('queues', () => queues.waiting()),
  ])
  const parts = {
    totals,
    unsettled,
    backlog,
    recent,
    slots,
    triedLast,
    disabled,
    reconciliation,
    budgets,
    alerts,
    waiting,
  }
  return { nowMs, sizes, ...parts }
}

/** Every database responded. */
export function isComplete({ sizes, waiting: _, ...parts }: Readings): boolean {
  return ![...sizes, ...Object.values(parts)].includes(null)
}
