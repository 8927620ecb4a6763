/**
 * npm run chaos: the real Worker on the local runtime, against providers, callers and storage that fail in every way
 * that is known of them, killed in the middle of every step. Days pass in minutes, because its clock is turned. In the
 * end the laws are held against what everybody else has on record. Exits 0 only when all of them hold.
 *
 *   npm run chaos -- --seed 7 --jobs 400    the same jobs and the same faults again
 *
 * What is drawn repeats with the seed; in which order the machine gets to it does not.
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
