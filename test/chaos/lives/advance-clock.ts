/**
 * Advances the clock whenever nothing is in progress and nothing is due, to the next moment at which something is. So
 * days pass in minutes and no schedule is shortened.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { WorldClock } from '../world/clock.ts'
import type { Channel, WorkerState } from './channel.ts'

const checkEveryMs = 30
// Some slack, so that work due at about the same time is done together.
const minSlackMs = 4_000
const slackShare = 0.06

// The cron trigger fires every minute of the clock. Real time between two sweeps is shorter, as the clock is faster.
const sweepEveryMs = 20_000

export interface ClockDriver {
  /** Checks once: sweeps if rows are overdue, or advances the clock if nothing else can happen. Null: no Worker runs. */
  check: (sweep: () => void) => Promise<WorkerState | null>
  advance: (ms: number) => Promise<void>
}

export function createClockDriver(clock: WorldClock, channel: Channel): ClockDriver {
  const advance = async (ms: number) => {
    // The simulator first: its responses must not be older than the requests.
    clock.advance(ms)
    await channel.setClock(clock.offsetMs())
  }
  let sweptAt = 0
  return {
    advance,
    async check(sweep) {
      await wait(checkEveryMs)
      const state = await channel.state()
      if (state === null) return state
      const isIdle = state.running + state.waiting === 0
      if (state.overdue > 0 && (isIdle || Date.now() - sweptAt > sweepEveryMs)) {
        sweptAt = Date.now()
        sweep()
      }
      if (!isIdle || state.overdue > 0) return state
      const upcoming = [state.nextDueAt, clock.nextAt()].filter((at) => at !== null)
      if (upcoming.length === 0) return state
      const waitMs = Math.max(0, Math.min(...upcoming) - clock.now())
      await advance(waitMs + Math.max(minSlackMs, waitMs * slackShare))
      return state
    },
  }
}
