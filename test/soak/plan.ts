/** How long a run takes, how many jobs it posts, and how fast it ages its rows. */
import { parseArgs } from 'node:util'

export interface Plan {
  /** Load is sent for this long. The drain follows. */
  loadMs: number
  jobsPerMinute: number
  seed: number
  /** The Worker keeps something of each request: a run with it must fail. */
  isLeaking: boolean
  sampleEveryMs: number
  /** A collection stops the Worker for a moment, so there are fewer of them. */
  heapEveryMs: number
  /** Details of an ended job are pruned when the job is this old. */
  prunedAfterMs: number
  /** An ended job is erased after this time, and what is left of an erased one after as long again. */
  erasedAfterMs: number
  deadlineSeconds: number
  /** Samples before this time are not judged. The first rows are erased by then. */
  warmUpMs: number
  /** The memory of a process that is younger than this is not judged. */
  processWarmUpMs: number
  restartAtMs: number
  maxDrainMs: number
}

const minutes = 60_000
// Less than half of a core on a slow machine.
const defaultJobsPerMinute = 24

export function readPlan(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      hours: { type: 'string' },
      minutes: { type: 'string' },
      rate: { type: 'string' },
      seed: { type: 'string' },
      leak: { type: 'boolean', default: false },
    },
  })
  const loadMs =
    values.minutes === undefined ? Number(values.hours ?? 1) * 60 * minutes : Number(values.minutes) * minutes
  const plan = planOf(loadMs)
  const jobsPerMinute = Number(values.rate ?? defaultJobsPerMinute)
  const seed = Number(values.seed ?? Date.now() % 1_000_000)
  for (const [name, value] of Object.entries({ loadMs, jobsPerMinute, seed })) {
    if (!(value >= 0)) throw new Error(`${name} must be a number.`)
  }
  return { ...plan, jobsPerMinute, seed, isLeaking: values.leak }
}

export function planOf(loadMs: number): Omit<Plan, 'jobsPerMinute' | 'seed' | 'isLeaking'> {
  return {
    loadMs,
    sampleEveryMs: between(5_000, loadMs / 60, 10_000),
    heapEveryMs: between(7_000, loadMs / 40, 30_000),
    prunedAfterMs: between(30_000, loadMs / 15, 4 * minutes),
    erasedAfterMs: between(30_000, loadMs / 10, 6 * minutes),
    deadlineSeconds: between(60, loadMs / 12_000, 300),
    warmUpMs: loadMs * 0.4,
    processWarmUpMs: loadMs / 6,
    restartAtMs: loadMs / 2,
    maxDrainMs: 12 * minutes,
  }
}

function between(min: number, value: number, max: number): number {
  return Math.round(Math.max(min, Math.min(value, max)))
}
