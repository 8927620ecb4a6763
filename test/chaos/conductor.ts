/**
 * Turns the clock: whenever nothing is under way and nothing is due, to the next moment at which something is. So days
 * pass in minutes, and no schedule is shortened. Forward only.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Channel, State } from './channel.ts'
import type { WorldClock } from './clock.ts'

const lookEveryMs = 30
// A little late, so that what is due at about the same time is done together.
const leastSlackMs = 4_000
const slackShare = 0.06

// As the cron trigger has it every minute; here oftener, because its clock is turned.
const sweepEveryMs = 20_000

export interface Conductor {
  /** Looks once; then sweeps, or turns the clock if nothing else is to be waited for. Null: nobody is there. */
  look: (sweep: () => void) => Promise<State | null>
  turn: (ms: number) => Promise<void>
}

export function createConductor(clock: WorldClock, channel: Channel): Conductor {
  const turn = async (ms: number) => {
    // The simulator first: nothing may come out of it from before it was asked.
    clock.turn(ms)
    await channel.turnClock(clock.offsetMs())
  }
  let sweptAt = 0
  return {
    turn,
    async look(sweep) {
      await wait(lookEveryMs)
      const state = await channel.state()
      if (state === null) return state
      const isIdle = state.running + state.waiting === 0
      if (state.overdue > 0 && (isIdle || Date.now() - sweptAt > sweepEveryMs)) {
        sweptAt = Date.now()
        sweep()
      }
      if (!isIdle || state.overdue > 0) return state
      const nexts = [state.nextDueAt, clock.nextAt()].filter((at) => at !== null)
      if (nexts.length === 0) return state
      const waitMs = Math.max(0, Math.min(...nexts) - clock.now())
      await turn(waitMs + Math.max(leastSlackMs, waitMs * slackShare))
      return state
    },
  }
}
