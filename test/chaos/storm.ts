/** How the lives of one storm end, which points are still to be reached, and a record of what happened. */
import type { ReportedRequest } from './lives/harness-server.ts'
import { type ArmedPoint, nameOf, type Point } from './points.ts'
import { seededRandom } from './random.ts'

export interface StormPlan {
  seed: number
  /** Each is reached once. */
  points: readonly Point[]
  randomKills: number
  /** Every n-th life is killed at a random moment, until `randomKills` is reached. */
  randomLifeEvery: number
}

export interface Storm {
  /** The next life ends at the first point that it reaches, or after `killAfterMs`. */
  nextLife: () => { n: number; seed: number; armed: ArmedPoint[]; killAfterMs: number | null }
  reach: (point: string) => void
  killedAtRandom: () => void
  call: (name: string) => void
  fault: (name: string) => void
  request: (request: ReportedRequest) => void
  record: StormRecord
}

export interface StormRecord {
  lives: number
  reached: Set<string>
  randomKills: number
  /** Every name that `call-names.ts` gave to a call. */
  calls: Set<string>
  /** How often each fault happened. */
  faults: Map<string, number>
  requests: ReportedRequest[]
}

export function createStorm({ seed, points, randomKills, randomLifeEvery }: StormPlan): Storm {
  const random = seededRandom(seed)
  const planned = points.map((point): ArmedPoint => ({ name: nameOf(point), n: 1 + random.below(3) }))
  const record: StormRecord = {
    lives: 0,
    reached: new Set(),
    randomKills: 0,
    calls: new Set(),
    faults: new Map(),
    requests: [],
  }
  return {
    record,
    nextLife() {
      record.lives++
      const isRandom = record.lives % randomLifeEvery === 0 && record.randomKills < randomKills
      const killAfterMs = 200 + random.below(2_500)
      // A call may happen only once in a life, so a point that was not reached comes one call earlier in each next life.
      const armed = planned
        .filter(({ name }) => !record.reached.has(name))
        .map(({ name, n }) => ({ name, n: Math.max(1, n - record.lives + 1) }))
      return {
        n: record.lives,
        seed: seed * 1_000 + record.lives,
        armed: isRandom ? [] : armed,
        killAfterMs: isRandom ? killAfterMs : null,
      }
    },
    reach: (point) => void record.reached.add(point),
    killedAtRandom: () => void record.randomKills++,
    call: (name) => void record.calls.add(name),
    request: (request) => void record.requests.push(request),
    fault: (name) => void record.faults.set(name, (record.faults.get(name) ?? 0) + 1),
  }
}
