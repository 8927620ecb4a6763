/** The deaths of a run: which points are still to be reached, which lives end at a random moment, what has happened. */
import { nameOf, type Point } from './points.ts'
import { type Chance, seededChance } from './seeded.ts'
import type { ArmedPoint } from './trial.ts'

/** How the lives of a run end. */
export interface Deaths {
  seed: number
  /** Each is reached once. */
  points: readonly Point[]
  randomKills: number
  /** So many lives from one that ends at a random moment to the next. */
  randomLifeEvery: number
}

export interface Storm {
  /** How the next life is to end: at the first point that it reaches, or after so many milliseconds. */
  nextLife: () => { n: number; seed: number; armed: ArmedPoint[]; killAfterMs: number | null }
  reach: (point: string) => void
  killedAtRandom: () => void
  fault: (says: string) => void
  record: StormRecord
}

export interface StormRecord {
  lives: number
  reached: string[]
  missed: () => string[]
  randomKills: number
  faults: Map<string, number>
}

/** `waves`: how many lives begin with new jobs. */
export function createStorm({ seed, points, randomKills, randomLifeEvery }: Deaths, waves: number): Storm {
  const chance: Chance = seededChance(seed)
  const toReach = points.map((point): ArmedPoint => ({ name: nameOf(point), n: 1 + chance.below(3) }))
  const record: StormRecord = {
    lives: 0,
    reached: [],
    missed: () => toReach.map(({ name }) => name),
    randomKills: 0,
    faults: new Map(),
  }
  return {
    record,
    nextLife() {
      record.lives++
      const isRandom = record.lives % randomLifeEvery === 0 && record.randomKills < randomKills
      const killAfterMs = 200 + chance.below(2_500)
      return {
        n: record.lives,
        seed: seed * 1_000 + record.lives,
        // With no more jobs coming, a second occasion may not come in one life.
        armed: isRandom ? [] : toReach.map(({ name, n }) => ({ name, n: record.lives > waves ? 1 : n })),
        killAfterMs: isRandom ? killAfterMs : null,
      }
    },
    reach(point) {
      const index = toReach.findIndex(({ name }) => name === point)
      if (index >= 0) toReach.splice(index, 1)
      record.reached.push(point)
    },
    killedAtRandom: () => void record.randomKills++,
    fault: (says) => void record.faults.set(says, (record.faults.get(says) ?? 0) + 1),
  }
}
