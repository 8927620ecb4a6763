/** What befalls the calls of one life of the Worker: faults by chance, and its death where a point is armed. */
import { type OwnFault, ownFaults } from './chances.ts'
import { nameOf, type Point, points } from './points.ts'
import type { Chance } from './seeded.ts'

/** Each throws, waits, or never returns, as fate has it. Calls are named as `calls.ts` names them. */
export interface Trial {
  before(call: string): Promise<void>
  after(call: string): Promise<void>
  /** What is to befall the call in its midst; null: nothing, and its stream is left alone. */
  midway(call: string): (() => Promise<void>) | null
  /** How many messages are made of one. */
  copies(call: string): Promise<number>
}

export interface ArmedPoint {
  name: string
  /** It is reached by the n-th such call. */
  n: number
}

export interface Powers {
  chance: Chance
  armed: readonly ArmedPoint[]
  /** The end of this life: what called it never goes on. */
  die: (point: string) => Promise<never>
  /** Holds the step up until its lease has run out. */
  outlive: (point: string) => Promise<void>
  stall: () => Promise<void>
  /** The clock by which an outage is measured. */
  now: () => number
  tell: (fault: string) => Promise<void>
}

const outageMs = 2_000

export function createTrial({ chance, armed, die, outlive, stall, now, tell }: Powers): Trial {
  const counts = new Map<string, number>()
  let downUntil = 0

  const reached = (call: string, when: Point['when']): Point | undefined => {
    const key = `${when} ${call}`
    const n = (counts.get(key) ?? 0) + 1
    counts.set(key, n)
    return points.find(
      (point) =>
        point.call === call &&
        point.when === when &&
        armed.some((arm) => arm.n === n && arm.name === nameOf(point)),
    )
  }

  const befall = async (point: Point | undefined, fault: OwnFault | undefined): Promise<void> => {
    if (point?.what === 'dies') await die(nameOf(point))
    if (point?.what === 'outlives') return outlive(nameOf(point))
    if (fault === undefined) return
    await tell(fault.says)
    if (fault.what === 'stalls') return stall()
    if (fault.what === 'is down') downUntil = now() + outageMs
    throw new Error(`chaos: ${fault.says}`)
  }

  const draw = (call: string, when: Point['when'], isOfMessages: boolean) =>
    chance.rowOf(
      ownFaults.filter(
        (fault) =>
          fault.calls.test(call) && fault.when === when && messageFaults.has(fault.what) === isOfMessages,
      ),
    )

  const at = (when: 'before' | 'after') => async (call: string) => {
    if (call.startsWith('D1 ') && now() < downUntil) throw new Error('chaos: D1 is down')
    await befall(reached(call, when), draw(call, when, false))
  }

  return {
    before: at('before'),
    after: at('after'),
    midway(call) {
      const point = reached(call, 'midway')
      const fault = draw(call, 'midway', false)
      return point === undefined && fault === undefined ? null : () => befall(point, fault)
    },
    async copies(call) {
      const fault = draw(call, 'before', true)
      if (fault === undefined) return 1
      await tell(fault.says)
      return fault.what === 'is dropped' ? 0 : 2
    },
  }
}

const messageFaults = new Set<OwnFault['what']>(['is dropped', 'is doubled'])
