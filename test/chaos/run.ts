/** One run: the stage is set, the storm passes, the laws are held against the evidence. */
import { writeFileSync } from 'node:fs'
import { openChannel } from './channel.ts'
import { createConductor } from './conductor.ts'
import { gather } from './evidence.ts'
import { judge } from './laws.ts'
import { planJobs } from './plan.ts'
import { report } from './report.ts'
import { servedBy } from './served.ts'
import { openStage } from './stage.ts'
import { watchSettled } from './storage.ts'
import { createStorm, type Deaths } from './storm.ts'
import { weather } from './weather.ts'

export interface Run extends Deaths {
  /** Everything is kept here, and cleared before the next run. */
  folder: string
  jobs: number
}

const jobsPerWave = 8
const mostWaves = 24

/** How many breaches of the laws there were; what happened is printed. */
export async function run({ folder, jobs, ...deaths }: Run): Promise<number> {
  const { seed } = deaths
  const waves = Math.min(mostWaves, Math.ceil(jobs / jobsPerWave))
  const startedAt = Date.now()
  const say = (what: string) =>
    console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${what}`)
  say(`seed ${seed}, ${jobs} jobs`)

  const stage = await openStage(folder)
  const plan = planJobs(seed, jobs, stage.sink.places)
  stage.sink.expect(plan)
  const channel = openChannel(stage.workerUrl)
  const conductor = createConductor(stage.clock, channel)
  const settled = watchSettled(channel.storage)
  const storm = createStorm(deaths, waves)

  const { accepted, forgeries, lastLife, isOver } = await weather({
    ...{ seed, plan, waves, stage, channel, conductor, settled, storm, say },
  })
  say('the storm is over; the laws are checked')
  const evidence = await gather(channel.storage, {
    ...{ accepted, forgeries, snapshots: settled.seen, bills: stage.simulator.tasks() },
    ...{ told: stage.sink.told, strays: stage.sink.strays, servedHash: servedBy(stage.simulator) },
  })
  writeFileSync(`${folder}/evidence.json`, JSON.stringify(evidence, null, 1))
  const laws = await judge(evidence)
  await lastLife.kill()
  await stage.close()

  const turnedMs = stage.clock.offsetMs()
  const breaches = report({ evidence, laws, deaths, storm: storm.record, isOver, planned: jobs, turnedMs })
  say(`seed ${seed}, ${jobs} jobs, ${breaches} breaches`)
  return breaches
}
