/**
 * npm run chaos: the real Worker on the local runtime, with providers, callers and storage that fail in every known way,
 * killed in the middle of every step. Its clock is advanced, so that days pass in minutes. At the end the laws are
 * checked against the records of the providers, the callers, D1 and R2. Exits 0 only if all of them hold.
 *
 *   npm run chaos -- --seed 7 --jobs 400    repeats the jobs and the faults of seed 7
 *
 * The seed repeats what is drawn, not the order in which the machine gets to it.
 */
import { parseArgs } from 'node:util'
import { points } from './points.ts'
import { run } from './run.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, jobs: { type: 'string' } } })
const breaches = await run({
  folder: '.wrangler/chaos',
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  jobs: Number(values.jobs ?? 304),
  points,
  randomKills: 7,
  randomLifeEvery: 4,
})
process.exitCode = breaches === 0 ? 0 : 1
