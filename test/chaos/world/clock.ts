/** The run's clock: the machine's clock plus an offset that the harness advances. The simulator runs on it. */

export interface WorldClock {
  now: () => number
  after: (delayMs: number, run: () => Promise<void>) => void
  /** The sum of all advances. */
  offsetMs: () => number
  advance: (ms: number) => void
  /** When the next timer is due; null: there is none. */
  nextAt: () => number | null
  stop: () => void
}

const tickMs = 20

export function createClock(): WorldClock {
  let offsetMs = 0
  let timers: { at: number; run: () => Promise<void> }[] = []
  const now = () => Date.now() + offsetMs
  const tick = () => {
    const due = timers.filter(({ at }) => at <= now()).sort((left, right) => left.at - right.at)
    timers = timers.filter((timer) => !due.includes(timer))
    for (const { run } of due) void run()
  }
  const ticking = setInterval(tick, tickMs)
  return {
    now,
    after: (delayMs, run) => void timers.push({ at: now() + Math.max(0, delayMs), run }),
    offsetMs: () => offsetMs,
    advance(ms) {
      offsetMs += Math.ceil(ms)
      tick()
    },
    nextAt: () => (timers.length === 0 ? null : Math.min(...timers.map(({ at }) => at))),
    stop: () => clearInterval(ticking),
  }
}
