/** Opens and closes what the loads need. */
import { fewestCalls, type JobCalls } from './floor-calls.ts'
import type { Plan } from './plan.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import type { Measured } from './statistics.ts'
import { openFloor, openReelhook, type Subject } from './subjects.ts'

export interface Stage {
  plan: Plan
  receiver: Receiver
  /** With consumers. */
  reelhook: Subject
  /** Floor Workers: with the calls that Reelhook makes now, and with the fewest. */
  sameCalls: Subject
  fewestCalls: Subject
  /** Without consumers: what they send is never consumed. */
  idleReelhook: Subject
  idleFloor: Subject
  close(): Promise<void>
}

export async function openStage(plan: Plan, folder: string, calls: JobCalls): Promise<Stage> {
  const receiver = await startReceiver()
  const reelhook = await openReelhook({ folder: `${folder}/reelhook`, consumers: 'running' })
  const sameCalls = await openFloor({ folder: `${folder}/same-calls`, consumers: 'running' }, calls)
  const fewest = await openFloor({ folder: `${folder}/fewest-calls`, consumers: 'running' }, fewestCalls)
  const idleReelhook = await openReelhook({ folder: `${folder}/idle-reelhook`, consumers: 'idle' })
  const idleFloor = await openFloor({ folder: `${folder}/idle-floor`, consumers: 'idle' }, calls)
  return {
    plan,
    receiver,
    reelhook,
    sameCalls,
    fewestCalls: fewest,
    idleReelhook,
    idleFloor,
    async close() {
      for (const subject of [reelhook, sameCalls, fewest, idleReelhook, idleFloor]) await subject.close()
      receiver.close()
    },
  }
}

/**
 * The sides take turns, and each round begins with another one, so that other load on the machine affects all of them.
 * Returns the rounds of each side.
 */
export async function inTurns(
  rounds: number,
  sides: readonly (() => Promise<Measured>)[],
): Promise<Measured[][]> {
  const measured = sides.map((): Measured[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const side = (round + turn) % sides.length
      const result = await sides[side]?.()
      if (result !== undefined) measured[side]?.push(result)
    }
  }
  return measured
}
