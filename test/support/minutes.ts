/** Every tenth minute, a sweep does more: it looks for jobs to prune, and for reservations of jobs that have ended. */
import { world } from './world.ts'

/** Advances the clock to a minute with the usual sweep, or with the larger one. */
export async function untilSweepIs(kind: 'usual' | 'larger'): Promise<void> {
  const isLarger = () => Math.floor(world.edges.now() / 60_000) % 10 === 0
  while (isLarger() !== (kind === 'larger')) await world.advance(60_000)
}
