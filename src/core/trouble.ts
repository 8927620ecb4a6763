/**
 * Trouble: what keeps a provider from telling how a task is, and since when. One bad answer proves nothing, so it is
 * remembered as long as it lasts, in the evidence of the fault on the ledger line. No I/O. No clock.
 */
import { z } from 'zod'
import type { Fault } from './fault.ts'
import { goneAfterMs } from './schedule.ts'

export interface Trouble {
  fault: Fault
  /** When the provider first did not tell, whatever it has answered since. */
  since: number
  /** Since when, and how often in a row, it knew of no such task. */
  gone: { since: number; times: number } | null
}

/** The same trouble still, or a new one. `before` is the fault that the line had until now. */
export function troubleAfter(before: Fault | null, why: Fault, nowMs: number): Trouble {
  const known = memorySchema.parse(before?.evidence ?? {})
  const { since = nowMs, times = 0 } = known.gone ?? {}
  return {
    fault: why,
    since: known.since ?? nowMs,
    gone: why.code === 'task_lost' ? { since, times: times + 1 } : null,
  }
}

/** As it is kept on the line. */
export function rememberedAs({ fault, since, gone }: Trouble): Fault {
  return { ...fault, evidence: { ...fault.evidence, since, gone } }
}

// Asked often in one moment it says the same thing often; asked seldom it may be wrong twice.
const goneAfterTimes = 4

/** A provider may not show a task for a while after it has accepted it, or one of its machines may not know it. */
export function isGone({ gone }: Trouble, nowMs: number): boolean {
  return gone !== null && gone.times >= goneAfterTimes && nowMs - gone.since >= goneAfterMs
}

/** How often a provider did not know each of the ids that webhooks named, as the fault of an unknown line keeps it. */
export function refusalsIn(fault: Fault | null): Map<string, number> {
  const { refused } = refusalsSchema.parse(fault?.evidence ?? {})
  return new Map(Object.entries(refused))
}

const refusalsSchema = z.object({ refused: z.record(z.string(), z.number()).default({}) })

const memorySchema = z.object({
  since: z.number().exactOptional(),
  gone: z.object({ since: z.number(), times: z.number() }).nullish(),
})
