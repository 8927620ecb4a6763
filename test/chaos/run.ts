/** One run: it sets the stage, lets the storm pass, and checks the laws against the evidence. */
import { writeFileSync } from 'node:fs'
import type { LogLine } from '../../src/dev/simulator/world.ts'
import { checkLaws } from './laws/check.ts'
import { gatherEvidence } from './laws/evidence.ts'
import { createClockDriver } from './lives/advance-clock.ts'
import { type Channel, openChannel } from './lives/channel.ts'
import { readLostResponses } from './lives/log-files.ts'
import { runLives } from './lives/run-lives.ts'
import { watchSettled } from './lives/storage.ts'
import { planJobs } from './plan-jobs.ts'
import { report } from './report.ts'
import { createStorm, type StormPlan } from './storm.ts'
import { type Canceler, createCanceler } from './world/cancel-jobs.ts'
import { servedBy } from './world/served.ts'
import { openStage } from './world/stage.ts'

export interface Run extends StormPlan {
  /** For databases, logs and the evidence; emptied at the start of the run. */
  folder: string
  jobs: number
}

/** What providers log about a call that cancels. A DELETE cancels a task of BytePlus. */
const cancelCalls: LogLine['what'][] = ['task.cancel_requested', 'task.deleted']

// Few, so that most lives of a short storm get new jobs: a submission is interrupted only where there is one.
const jobsPerWave = 4
// A whole storm has some sixty lives, and the later ones are longer.
const maxWaves = 48

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
  const canceler = createCanceler(stage.workerUrl, stage.adminApiKey, plan)
  const clockDriver = createClockDriver(stage.clock, watchedBy(canceler, channel))
  const settled = watchSettled(channel.storage)
  const storm = createStorm(stormPlan)

  const { accepted, forgeries, lastLife, isOver } = await runLives({
    seed,
    plan,
    waves,
    stage,
    canceler,
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
    cancellations: canceler.answers,
    canceledJobs: await canceler.readCanceled(),
    cancelCalls: stage.simulator.log().filter(({ what }) => cancelCalls.includes(what)),
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

/** A caller's call counts as work in progress, also while no Worker has it, so the clock waits for its answer. */
function watchedBy(canceler: Canceler, channel: Channel): Channel {
  return {
    ...channel,
    async state() {
      const state = await channel.state()
      if (state === null) return null
      canceler.see(state)
      return { ...state, running: state.running + canceler.calling() }
    },
  }
}
