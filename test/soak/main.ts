/**
 * npm run soak: the whole Worker under steady load with faults for an hour, with the platform's limits emulated. Memory, the
 * database, overdue work and latency must be flat: it prints their slopes, and exits with 1 if one rises or a law is broken.
 *
 *   npm run soak -- --hours 1
 *   npm run soak -- --minutes 5 --rate 24 --seed 7
 *   npm run soak -- --minutes 5 --leak      a Worker that leaks: this run must fail
 *
 * Ctrl-C ends the load and prints the slopes until then. The samples and the log are in `.wrangler/soak/<seed>/`.
 */
import { createInterruption } from './interruption.ts'
import { readPlan } from './plan.ts'
import { soak } from './run.ts'

const isPassed = await soak(readPlan(process.argv.slice(2)), createInterruption())
process.exit(isPassed ? 0 : 1)
