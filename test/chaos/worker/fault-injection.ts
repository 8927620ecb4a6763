/** Injects random faults into the calls of one life of the Worker, and kills it at an armed point. */

import { neverSent, perhapsSent, type UnreachableStatus } from '../../support/platform/unreachable.ts'
import { type ArmedPoint, type Moment, nameOf, type Point, points } from '../points.ts'
import type { Random } from '../random.ts'
import { type CallEffect, overloaded, type WorkerFault, workerFaults } from '../worker-faults.ts'

/** Each function throws, waits, or never returns. `call` is a name from `call-names.ts`. */
export interface FaultInjection {
  before(call: string): Promise<void>
  after(call: string): Promise<void>
  /** The fault in the middle of the call. Null: none, so its stream needs no wrapper. */
  midway(call: string): (() => Promise<void>) | null
  /** The status with which the platform answers for a host that it cannot reach. Null: the host is reached. */
  unreachable(call: string): Promise<UnreachableStatus | null>
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

  /** Such a call is not counted: it could be the one at which a point waits. */
  const refuseDuringOutage = (call: string): void => {
    if (call.startsWith('D1 ') && effects.now() < downUntil) throw new Error(overloaded)
  }

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
        throw new Error(fault.error ?? `chaos: ${fault.name}`)
      case 'error':
        throw new Error(fault.error ?? `chaos: ${fault.name}`)
    }
  }

  const drawFault = (call: string, when: Moment) =>
    random.rowOf(workerFaults.filter(isInjectable).filter((fault) => isFor(fault, call, when)))

  /** A fault that is not injected around the call, but replaces it. */
  const drawOther = (call: string) =>
    random.rowOf(workerFaults.filter((fault) => !isInjectable(fault) && isFor(fault, call, 'before')))

  return {
    async before(call) {
      refuseDuringOutage(call)
      const n = countCall(call, 'before')
      if (n === 1) await effects.reportCall(call)
      await inject(armedPoint(armed, call, 'before', n), drawFault(call, 'before'))
    },
    async after(call) {
      refuseDuringOutage(call)
      const n = countCall(call, 'after')
      await inject(armedPoint(armed, call, 'after', n), drawFault(call, 'after'))
    },
    midway(call) {
      const point = armedPoint(armed, call, 'midway', countCall(call, 'midway'))
      const fault = drawFault(call, 'midway')
      return point === undefined && fault === undefined ? null : () => inject(point, fault)
    },
    async unreachable(call) {
      const fault = drawOther(call)
      if (fault === undefined) return null
      await effects.reportFault(fault.name)
      return random.oneOf<UnreachableStatus>([...neverSent, ...perhapsSent])
    },
    async copies(call) {
      const fault = drawOther(call)
      if (fault === undefined) return 1
      await effects.reportFault(fault.name)
      return fault.effect === 'drop' ? 0 : 2
    },
  }
}

type Injectable = WorkerFault & { effect: CallEffect }

function isInjectable(fault: WorkerFault): fault is Injectable {
  switch (fault.effect) {
    case 'error':
    case 'stall':
    case 'outage':
      return true
    case 'drop':
    case 'duplicate':
    case 'unreachable':
      return false
  }
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
