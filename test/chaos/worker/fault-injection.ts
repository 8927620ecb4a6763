/** Injects random faults into the calls of one life of the Worker, and kills it at an armed point. */
import { type ArmedPoint, type Moment, nameOf, type Point, points } from '../points.ts'
import type { Random } from '../random.ts'
import { type CallEffect, type WorkerFault, workerFaults } from '../worker-faults.ts'

/** Each function throws, waits, or never returns. `call` is a name from `call-names.ts`. */
export interface FaultInjection {
  before(call: string): Promise<void>
  after(call: string): Promise<void>
  /** The fault in the middle of the call. Null: none, so its stream needs no wrapper. */
  midway(call: string): (() => Promise<void>) | null
  /** How often a message is sent. */
  copies(call: string): Promise<number>
}

export interface Effects {
  random: Random
  armed: readonly ArmedPoint[]
  /** Never returns. */
  kill: (point: string) => Promise<never>
  /** Returns when the step's lease has expired. */
  outliveLease: (point: string) => Promise<void>
  stall: () => Promise<void>
  /** The machine's clock, for the length of an outage. */
  now: () => number
  reportCall: (call: string) => Promise<void>
  reportFault: (fault: string) => Promise<void>
}

const outageMs = 2_000

export function createFaultInjection(effects: Effects): FaultInjection {
  const { random, armed } = effects
  const counts = new Map<string, number>()
  let downUntil = 0

  const countCall = (call: string, when: Moment): number => {
    const key = `${when} ${call}`
    const n = (counts.get(key) ?? 0) + 1
    counts.set(key, n)
    return n
  }

  const inject = async (point: Point | undefined, fault: Injectable | undefined): Promise<void> => {
    if (point?.action === 'kill') await effects.kill(nameOf(point))
    if (point?.action === 'outlive_lease') return effects.outliveLease(nameOf(point))
    if (fault === undefined) return
    await effects.reportFault(fault.name)
    switch (fault.effect) {
      case 'stall':
        return effects.stall()
      case 'outage':
        downUntil = effects.now() + outageMs
        throw new Error(`chaos: ${fault.name}`)
      case 'error':
        throw new Error(`chaos: ${fault.name}`)
    }
  }

  const drawFault = (call: string, when: Moment) =>
    random.rowOf(workerFaults.filter(isInjectable).filter((fault) => isFor(fault, call, when)))

  return {
    async before(call) {
      const n = countCall(call, 'before')
      if (n === 1) await effects.reportCall(call)
      if (call.startsWith('D1 ') && effects.now() < downUntil) throw new Error('chaos: D1 is down')
      await inject(armedPoint(armed, call, 'before', n), drawFault(call, 'before'))
    },
    async after(call) {
      const n = countCall(call, 'after')
      if (call.startsWith('D1 ') && effects.now() < downUntil) throw new Error('chaos: D1 is down')
      await inject(armedPoint(armed, call, 'after', n), drawFault(call, 'after'))
    },
    midway(call) {
      const point = armedPoint(armed, call, 'midway', countCall(call, 'midway'))
      const fault = drawFault(call, 'midway')
      return point === undefined && fault === undefined ? null : () => inject(point, fault)
    },
    async copies(call) {
      const fault = random.rowOf(
        workerFaults.filter((row) => !isInjectable(row) && isFor(row, call, 'before')),
      )
      if (fault === undefined) return 1
      await effects.reportFault(fault.name)
      return fault.effect === 'drop' ? 0 : 2
    },
  }
}

type Injectable = WorkerFault & { effect: CallEffect }

/** The other faults drop or duplicate a message: `copies` applies them. */
function isInjectable(fault: WorkerFault): fault is Injectable {
  return fault.effect !== 'drop' && fault.effect !== 'duplicate'
}

function isFor({ calls, when }: WorkerFault, call: string, moment: Moment): boolean {
  return calls.test(call) && when === moment
}

function armedPoint(armed: readonly ArmedPoint[], call: string, when: Moment, n: number): Point | undefined {
  return points.find(
    (point) =>
      point.call === call &&
      point.when === when &&
      armed.some((arm) => arm.n === n && arm.name === nameOf(point)),
  )
}
