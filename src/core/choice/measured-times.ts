/**
 * How long providers take: from the submission of a task until Reelhook knows its end. Waits before it, for a slot or after
 * a refusal, do not count, nor does the copy of the video. No I/O. No clock.
 */
import { bucketOf, countIn, type Histogram, percentileOf } from '../histogram.ts'
import type { Model, ProviderName, Resolution } from '../request/choices.ts'
import { hours } from '../schedule/units.ts'

/** `fastest` compares the jobs that were created in this time. */
export const measuredMs = 7 * 24 * hours
/** A median of fewer tasks is not compared. */
export const minMeasuredTasks = 5

/** The start of the names of these counts (core/job/counts.ts). */
export const timeCountPrefix = 'made_'

export function timeCountOf(resolution: Resolution, ms: number): string {
  return `${timeCountPrefix}${resolution}_${bucketOf(ms)}`
}

/** `<provider> <model> <resolution>` → the histogram of its times. */
export type MeasuredTimes = ReadonlyMap<string, Histogram>

/** `counts`: `<provider> <model> <resolution>_<bucket>` → number of tasks. */
export function measuredTimesIn(counts: Readonly<Record<string, number>>): MeasuredTimes {
  const times = new Map<string, Map<number, number>>()
  for (const [name, n] of Object.entries(counts)) {
    const end = name.lastIndexOf('_')
    const key = name.slice(0, end)
    const histogram = times.get(key) ?? new Map<number, number>()
    times.set(key, histogram.set(Number(name.slice(end + 1)), n))
  }
  return times
}

export interface MeasuredTime {
  /** At most 10 % off, because it comes from a histogram. */
  medianMs: number
  /** The succeeded tasks. */
  tasks: number
}

/** Null: too few tasks. */
export function measuredTimeOf(
  times: MeasuredTimes,
  provider: ProviderName,
  { model, resolution }: { model: Model; resolution: Resolution },
): MeasuredTime | null {
  const histogram = times.get(`${provider} ${model} ${resolution}`)
  if (histogram === undefined) return null
  const [medianMs, tasks] = [percentileOf(histogram, 0.5), countIn(histogram)]
  return medianMs === null || tasks < minMeasuredTasks ? null : { medianMs, tasks }
}
