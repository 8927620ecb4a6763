/** One run: it sets the stage, lets the storm pass, and checks the laws against the evidence. */
import { writeFileSync } from 'node:fs'
import { checkLaws } from './laws/check.ts'
import { gatherEvidence } from './laws/evidence.ts'
import { createClockDriver } from './lives/advance-clock.ts'
import { openChannel } from './lives/channel.ts'
import { readLostResponses } from './lives/log-files.ts'
import { runLives } from './lives/run-lives.ts'
import { watchSettled } from './lives/storage.ts'
import { planJobs } from './plan-jobs.ts'
import { report } from './report.ts'
import { createStorm, type StormPlan } from './storm.ts'
import { servedBy } from './world/served.ts'
import { openStage } from './world/stage.ts'

export interface Run extends StormPlan {
  /** For databases, logs and the evidence; emptied at the start of the run. */
  folder: string
  jobs: number
}

// Few, so that most lives of a short storm get new jobs: a submission is interrupted only where there is one.
const jobsPerWave = 4
const maxWaves = 24

/** Prints what happened and returns the number of breaches. */
export async function run({ folder, jobs, ...stormPlan }: Run): Promise<number> {
  const { seed } = stormPlan
  const waves = Math.min(maxWaves, Math.ceil(jobs / jobsPerWave))
  const startedAt = Date.now()
  const print = (line: string) =>
    console.log(`${((Date.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}`)
  print(`seed ${seed}, ${jobs} jobs`)

  const stage = await openStage(folder)
  const plan = planJobs(seed, jobs, stage.callers.places)
  stage.callers.expect(plan)
  const channel = openChannel(stage.workerUrl)
  const clockDriver = createClockDriver(stage.clock, channel)
  const settled = watchSettled(channel.storage)
  const storm = createStorm(stormPlan)

  const { accepted, forgeries, lastLife, isOver } = await runLives({
    seed,
    plan,
    waves,
    stage,
    channel,
    clockDriver,
    settled,
    storm,
    print,
  })
  print('the storm is over; checking the laws')
  const evidence = await gatherEvidence(channel.storage, {
    accepted,
    snapshots: settled.snapshots,
    bills: stage.simulator.tasks(),
    attempts: stage.callers.attempts,
    strayRequests: stage.callers.strayRequests,
    forgeries,
    servedHash: servedBy(stage.simulator),
    requests: storm.record.requests,
    lostResponses: await readLostResponses(folder),
  })
  writeFileSync(`${folder}/evidence.json`, JSON.stringify(evidence, null, 1))
  const laws = await checkLaws(evidence)
  await lastLife.kill()
  await stage.close()

  const breaches = report({
    evidence,
    laws,
    stormPlan,
    record: storm.record,
    isOver,
    planned: jobs,
    clockAheadMs: stage.clock.offsetMs(),
  })
  print(`seed ${seed}, ${jobs} jobs, ${breaches} breaches`)
  return breaches
}
