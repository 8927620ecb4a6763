/**
 * When the jobs come: most in parts, at the starts of the first lives, and the last ones when nothing is left to interrupt. A
 * kill loses every message, and so most requests to cancel a task.
 */
import type { PlannedJob } from '../plan-jobs.ts'
import type { LifePlan } from './life.ts'

export interface Arrivals {
  /** A life has started. */
  begin: (life: Pick<LifePlan, 'n' | 'armed'> & { killAfterMs: number | null }) => void
  /** So many jobs are settled. */
  see: (settled: number) => void
}

const stormyShare = 7 / 8

/** `parts`: how many lives get new jobs. */
export function planArrivals(
  plan: readonly PlannedJob[],
  parts: number,
  post: (jobs: readonly PlannedJob[]) => Promise<void>,
): Arrivals {
  const stormy = plan.slice(0, Math.floor(plan.length * stormyShare))
  const calm = plan.slice(stormy.length)
  const postCalm = () => void post(calm.splice(0))
  return {
    begin({ n, armed, killAfterMs }) {
      void post(stormy.filter(({ index }) => index % parts === n - 1))
      if (armed.length === 0 && killAfterMs === null) postCalm()
    },
    see(settled) {
      // Points may be left that no earlier job has reached.
      if (settled === stormy.length) postCalm()
    },
  }
}
