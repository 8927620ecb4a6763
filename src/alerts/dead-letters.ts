/** Counts the dead letters since the last message about them. No I/O. No clock. */
import { hours } from '../core/schedule/units.ts'
import type { Sender } from './evidence.ts'

interface NewDeadLetters {
  count: number
  /** The count is not about a period. */
  period: ''
  /** The latest count. */
  seen: NonNullable<Sender['seen']>
}

/** The counters have one count for each hour, which only grows. The first look counts none: it does not know which are new. */
export function countNew(
  counts: readonly { hourAt: number; count: number }[],
  seen: Sender['seen'],
  nowMs: number,
): NewDeadLetters {
  const thisHour = { hourAt: nowMs - (nowMs % hours), count: 0 }
  const latest = counts.reduce((last, one) => (one.hourAt >= last.hourAt ? one : last), thisHour)
  if (seen === null) return { count: 0, period: '', seen: latest }
  const count = counts
    .filter(({ hourAt }) => hourAt >= seen.hourAt)
    .reduce((sum, one) => sum + one.count - (one.hourAt === seen.hourAt ? seen.count : 0), 0)
  return { count, period: '', seen: latest }
}
