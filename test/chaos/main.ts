/**
 * npm run chaos: the real Worker on the local runtime, against providers, callers and storage that fail in every way
 * that is known of them, killed in the middle of every step. Days pass in minutes, because its clock is turned. In the
 * end the laws are held against what everybody else has on record. Exits 0 only when all of them hold.
 *
 *   npm run chaos -- --seed 7 --jobs 400    the same jobs and the same faults again
 *
 * What is drawn repeats with the seed; in which order the machine gets to it does not.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openChannel } from './channel.ts'
import { createConductor } from './conductor.ts'
import { gather } from './evidence.ts'
import { judge } from './laws.ts'
import { planJobs } from './plan.ts'
import { report } from './report.ts'
import { servedBy } from './served.ts'
import { openStage } from './stage.ts'
import { watchSettled } from './storage.ts'
import { createStorm } from './storm.ts'
import { weather } from './weather.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, jobs: { type: 'string' } } })
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const jobCount = Number(values.jobs ?? 320)
const waves = Math.min(24, Math.ceil(jobCount / 8))

await main()

async function main() {
  const startedAt = Date.now()
  const say = (what: string) =>
    console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`)
  say(`seed ${seed}, ${jobCount} jobs`)

  const stage = await openStage()
  const plan = planJobs(seed, jobCount, stage.sink.places)
  stage.sink.expect(plan)
  const channel = openChannel(stage.workerUrl)
  const conductor = createConductor(stage.clock, channel)
  const settled = watchSettled(channel.storage)
  const storm = createStorm(seed, waves)

  const { accepted, forgeries, lastLife, isOver } = await weather({
    ...{ seed, plan, waves, stage, channel, conductor, settled, storm, say },
  })
  say('the storm is over; the laws are checked')
  const evidence = await gather(channel.storage, {
    ...{ accepted, forgeries, snapshots: settled.seen, bills: stage.simulator.tasks() },
    ...{ told: stage.sink.told, strays: stage.sink.strays, servedHash: servedBy(stage.simulator) },
  })
  writeFileSync(`${stage.life.folder}/evidence.json`, JSON.stringify(evidence, null, 1))
  const laws = await judge(evidence)
  await lastLife.kill()
  await stage.close()

  const breaches = report({
    evidence,
    laws,
    storm: storm.record,
    isOver,
    planned: plan.length,
    turnedMs: stage.clock.offsetMs(),
  })
  say(`seed ${seed}, ${jobCount} jobs, ${breaches} breaches`)
  process.exitCode = breaches === 0 ? 0 : 1
}
