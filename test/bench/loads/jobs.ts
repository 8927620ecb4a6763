/** Jobs with their consumers working, beside floor Workers that run the same jobs. */
import { submitJobs } from '../jobs.ts'
import { measureAlone, measureStorm, measureWholeJobs } from '../measure.ts'
import { inTurns, type Stage } from '../stage.ts'
import { type Measured, percentileOf, type Row, rowOf, summaryOf } from '../statistics.ts'
import type { Subject } from '../subjects.ts'

/** More than a Worker finishes while its provider generates a video. */
const atOnce = 200

export async function measureStorms(
  stage: Stage,
  { size, megabytes }: { size: string; megabytes: number | null },
): Promise<Row[]> {
  const count = stage.plan.stormJobs
  const acknowledged = new Map<Subject, Measured[]>()
  const rows = await besideFloors(stage, { load: `storm of ${count}, ${size}` }, async (subject) => {
    const jobs = await submitJobs(subject, count, { megabytes, callbackUrl: stage.receiver.url })
    const storm = await measureStorm(subject, jobs, stage.receiver)
    acknowledged.set(subject, [...(acknowledged.get(subject) ?? []), storm.acknowledged])
    return storm.delivered
  })
  const row = { load: `acknowledge, in that storm`, unit: 'webhooks', does: 'same calls' }
  const of = (subject: Subject) => acknowledged.get(subject) ?? []
  return [...rows, rowOf(row, of(stage.reelhook), of(stage.sameCalls))]
}

export async function measureWhole(stage: Stage): Promise<Row[]> {
  const { reelhook, receiver, plan } = stage
  const posts: number[] = []
  const rows = await besideFloors(stage, { load: 'whole jobs, 28 KB' }, async (subject) => {
    const whole = await measureWholeJobs(subject, receiver, { count: plan.wholeJobs, atOnce })
    if (subject === reelhook) posts.push(...whole.postTimes)
    return whole
  })
  const post = (share: number) => Math.round(percentileOf(posts, share))
  return rows.map((row) => ({ ...row, note: `POST p50 ${post(0.5)} ms, p99 ${post(0.99)} ms` }))
}

/** The rate must not fall. */
export async function measureMany({ reelhook, receiver, plan }: Stage): Promise<Row[]> {
  const { manyJobs, manyMs } = plan
  const most = Math.min(atOnce, manyJobs / 10)
  const whole = await measureWholeJobs(reelhook, receiver, { count: manyJobs, atOnce: most, maxMs: manyMs })
  // Without the beginning and the end, when fewer jobs run at once.
  const steady = whole.receivedAt.slice(most, -most)
  const [first, last] = [rateOfFifth(steady, 0), rateOfFifth(steady, 4)]
  const fifths = `first fifth ${first.toFixed(1)}/s, last fifth ${last.toFixed(1)}/s: ${(last / first).toFixed(2)}`
  const count = whole.times.length
  const note = count < manyJobs ? `${fifths}; no time for ${manyJobs}` : fifths
  const row = { load: `${count} whole jobs`, unit: 'jobs', floor: null, share: null, cpuShare: null, note }
  return [{ ...row, ...summaryOf([whole]) }]
}

function rateOfFifth(receivedAt: number[], fifth: number): number {
  const size = Math.floor(receivedAt.length / 5)
  const [first = 0, ...others] = receivedAt.slice(fifth * size, (fifth + 1) * size)
  return (others.length * 1_000) / ((others.at(-1) ?? Number.NaN) - first)
}

export async function measureLoneJobs(stage: Stage): Promise<Row[]> {
  const { receiver, plan } = stage
  return besideFloors(stage, { load: 'one job alone, webhook to callback' }, async (subject) => {
    const jobs = await submitJobs(subject, plan.aloneJobs, { megabytes: null, callbackUrl: receiver.url })
    return measureAlone(subject, jobs, receiver)
  })
}

async function besideFloors(
  { reelhook, sameCalls, fewestCalls, plan }: Stage,
  { load }: { load: string },
  measure: (subject: Subject) => Promise<Measured>,
): Promise<Row[]> {
  const sides = [reelhook, sameCalls, fewestCalls].map((subject) => () => measure(subject))
  const [ofReelhook = [], ofSame = [], ofFewest = []] = await inTurns(plan.rounds, sides)
  const row = { load, unit: 'jobs' }
  return [
    rowOf({ ...row, does: 'same calls' }, ofReelhook, ofSame),
    rowOf({ ...row, does: 'fewest calls' }, ofReelhook, ofFewest),
  ]
}
