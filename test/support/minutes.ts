/** Every tenth minute, a sweep does more: it looks for jobs to prune, and for reservations of jobs that have ended. */
import { endOfMonth } from '../../src/core/job/spending.ts'
import { world } from './world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Advances the clock to the start of a minute with the usual sweep, or with the larger one: the sweep ends within it. */
export async function untilSweepIs(kind: 'usual' | 'larger'): Promise<void> {
  const isLarger = () => Math.floor(world.edges.now() / minuteMs) % 10 === 0
  await world.advance(minuteMs - (world.edges.now() % minuteMs))
  while (isLarger() !== (kind === 'larger')) await world.advance(minuteMs)
}

/** Advances the clock to the start of an hour: what is counted by the hour, of a job that follows, is in one hour. */
export async function untilHourStarts(): Promise<void> {
  await world.advance(hourMs - (world.edges.now() % hourMs))
}

/** Advances the clock to the start of a month: what is spent in the days that follow is in one month. */
export async function untilMonthStarts(): Promise<void> {
  const now = world.edges.now()
  await world.advance(endOfMonth(now) - now)
}
