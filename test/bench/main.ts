/**
 * npm run bench: one table of Reelhook beside floor Workers, in under ten minutes, and the same as JSON in
 * `.wrangler/bench.json`. A floor Worker makes the same calls without any logic, runs in the same runtime, and takes turns
 * with Reelhook. The local runtime is slow, and the same for both: the share is the figure to look at.
 *
 *   npm run bench -- --quick                        about a minute
 *   npm run bench -- --only acknowledge,storm-28k   some of the loads (plan.ts has their names)
 *   npm run bench -- --only media --megabytes 1000
 *
 * It exits with 1 if a job is lost, or if the floor's calls are not Reelhook's; never because something is slow.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { countCalls } from './count-calls.ts'
import { countersOf, differencesOf, type JobCalls } from './floor-calls.ts'
import { submitJobs } from './jobs.ts'
import { measureLoneJobs, measureMany, measureStorms, measureWhole } from './loads/jobs.ts'
import { measureMedia } from './loads/media.ts'
import { measureAccept, measureAcknowledge } from './loads/requests.ts'
import { measureWaiting } from './loads/waiting.ts'
import { measureStorm } from './measure.ts'
import { type LoadName, type Plan, readPlan } from './plan.ts'
import { billOf } from './prices.ts'
import { printBill, printCounters, printRows } from './print-table.ts'
import { startReceiver } from './receiver.ts'
import { openStage, type Stage } from './stage.ts'
import type { Row } from './statistics.ts'
import { openFloor, openReelhook } from './subjects.ts'

const folder = '.wrangler/bench'
const resultFile = '.wrangler/bench.json'
const startedAt = performance.now()

await main()

async function main() {
  const plan = readPlan(process.argv.slice(2))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { calls, counters, differences } = await count()
  const rows = await measureAll(plan, calls)
  const cpuMs = rows.find(({ load }) => load.includes('whole jobs'))?.cpuMsPerJob ?? 0
  const bill = billOf(counters.reelhook, cpuMs)
  printRows(rows)
  printCounters(counters.reelhook, counters.floor)
  printBill(bill)
  console.log(generatorShare())
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism() }
  const result = { at: new Date().toISOString(), machine, plan, rows, counters, bill, calls }
  writeFileSync(resultFile, `${JSON.stringify(result, null, 2)}\n`)
  console.log(`Written to ${resultFile} after ${Math.round((performance.now() - startedAt) / 1_000)} s.`)
  for (const difference of differences) console.error(`The floor Worker makes other calls: ${difference}`)
  rmSync(folder, { recursive: true, force: true })
  process.exit(differences.length === 0 ? 0 : 1)
}

/** Records Reelhook's calls for one job, and counts those of a floor Worker that repeats them. */
async function count() {
  const receiver = await startReceiver()
  progress('counting the calls of a job')
  const calls = await countCalls(`${folder}/counted`, receiver, (options) => openReelhook(options, 'metered'))
  const repeated = await countCalls(`${folder}/counted-floor`, receiver, (options) =>
    openFloor(options, calls, 'metered'),
  )
  receiver.close()
  const countersIn = ({ accepted, webhook }: JobCalls) => countersOf([...accepted, ...webhook])
  const counters = { reelhook: countersIn(calls), floor: countersIn(repeated) }
  return { calls, counters, differences: differencesOf(counters.reelhook, counters.floor) }
}

async function measureAll(plan: Plan, calls: JobCalls): Promise<Row[]> {
  const needsStage = plan.only.some((name) => name !== 'media')
  const rows = needsStage ? await measureOnStage(plan, calls) : []
  return plan.only.includes('media') ? [...rows, ...(await report('media', measureMedia(plan)))] : rows
}

async function measureOnStage(plan: Plan, calls: JobCalls): Promise<Row[]> {
  const rows: Row[] = []
  const { stage, warm } = await openWarmStage(plan, calls)
  const loads: Record<Exclude<LoadName, 'media'>, () => Promise<Row[]>> = {
    acknowledge: () => measureAcknowledge(stage, warm),
    accept: () => measureAccept(stage),
    waiting: () => measureWaiting(stage, warm),
    alone: () => measureLoneJobs(stage),
    'storm-28k': () => measureStorms(stage, { size: '28 KB', megabytes: null }),
    'storm-1m': () => measureStorms(stage, { size: '1 MB', megabytes: 1 }),
    whole: () => measureWhole(stage),
    many: () => measureMany(stage),
  }
  for (const [name, measure] of Object.entries(loads)) {
    if (plan.only.some((one) => one === name)) rows.push(...(await report(name, measure())))
  }
  await stage.close()
  return rows
}

async function report(name: string, measured: Promise<Row[]>): Promise<Row[]> {
  progress(name)
  const rows = await measured
  for (const { load, rate, share } of rows) {
    progress(`  ${load}: ${rate.toFixed(1)}/s, share ${share?.median.toFixed(2) ?? 'none'}`)
  }
  return rows
}

/** The first jobs load the code. */
async function openWarmStage(plan: Plan, calls: JobCalls) {
  progress('starting')
  const stage: Stage = await openStage(plan, folder, calls)
  const warmUp = async (subject: Stage['reelhook']) => {
    const video = { megabytes: null, callbackUrl: stage.receiver.url }
    const jobs = await submitJobs(subject, plan.warmUpJobs, video)
    await measureStorm(subject, jobs, stage.receiver)
    return jobs
  }
  await warmUp(stage.sameCalls)
  await warmUp(stage.fewestCalls)
  return { stage, warm: await warmUp(stage.reelhook) }
}

function progress(text: string): void {
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${text}`)
}

/** The load generator, the simulator and the receiver of callbacks are this process. */
function generatorShare(): string {
  const { user, system } = process.cpuUsage()
  const share = (user + system) / 1_000 / (performance.now() - startedAt)
  return `\nThis process (load, providers, receiver) took ${share.toFixed(2)} of a core on average.`
}
