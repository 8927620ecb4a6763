/** The verdict on each measure, by the samples after the warm-up. No I/O. */
import { type Measure, type MeasureName, measureNames, measures, type Sample } from './measures.ts'
import type { Plan } from './plan.ts'
import { judge, type Point, type Verdict } from './slopes.ts'

export type Verdicts = Record<MeasureName, Verdict>

type WarmUp = Pick<Plan, 'warmUpMs' | 'processWarmUpMs'>

export function verdictsOf(samples: readonly Sample[], startedAtMs: number, warmUp: WarmUp): Verdicts {
  const steady = samples.filter(({ atMs }) => atMs - startedAtMs >= warmUp.warmUpMs)
  const entries = measureNames.map((name) => [name, judge(pointsOf(name, steady, warmUp), measures[name])])
  return Object.fromEntries(entries)
}

export function rising(verdicts: Verdicts): MeasureName[] {
  return measureNames.filter((name) => isJudged(name) && verdicts[name].result === 'RISES')
}

export function isJudged(name: MeasureName): boolean {
  const { ofMachine }: Measure = measures[name]
  return ofMachine !== true
}

function pointsOf(name: MeasureName, samples: readonly Sample[], { processWarmUpMs }: WarmUp): Point[] {
  const { isOfProcess }: Measure = measures[name]
  return samples
    .filter(({ processAgeMs }) => isOfProcess !== true || processAgeMs >= processWarmUpMs)
    .flatMap(({ atMs, process, values }) => {
      const value = values[name]
      return value === null ? [] : [{ atMs, value, group: isOfProcess === true ? process : 0 }]
    })
}
