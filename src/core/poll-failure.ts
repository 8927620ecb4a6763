/**
 * Trouble: why a status question brought no usable end, and since when. One bad answer proves nothing, so it is
 * remembered as long as it lasts, in the evidence of the fault on the ledger line. No I/O. No clock.
 */
import { z } from 'zod'
import type { Fault } from './fault.ts'
import { failedAfterMs, goneAfterMs } from './schedule.ts'

const kinds = [
  'silent', // no answer, or none that says how the task is
  'lost', // the provider does not know the task
  'failed', // it says that the task, or one of its results, has failed
  'withheld', // it says that the task is finished, and its video cannot be had
] as const

type TroubleKind = (typeof kinds)[number]

export interface PollFailure {
  kind: TroubleKind
  fault: Fault
  /** When it began, whatever kind it has been since. */
  since: number
  /** Since when the answers have been of this kind, and how many. */
  run: { since: number; times: number }
  /** Since when no answer has said how the task is. Null: the last one did. */
  silentSince: number | null
}

/** The same trouble still, or a new one. `before` is the fault that the line had until now. */
export function pollFailureAfter(
  before: Fault | null,
  { kind, fault }: Pick<PollFailure, 'kind' | 'fault'>,
  nowMs: number,
): PollFailure {
  const { trouble } = memorySchema.parse(before?.evidence ?? {})
  const run = trouble?.kind === kind ? trouble.run : { since: nowMs, times: 0 }
  const isSilent = kind === 'silent' || kind === 'lost'
  return {
    kind,
    fault,
    since: trouble?.since ?? nowMs,
    run: { since: run.since, times: run.times + 1 },
    silentSince: isSilent ? (trouble?.silentSince ?? nowMs) : null,
  }
}

/** As it is kept on the line. */
export function rememberedAs({ fault, ...memory }: PollFailure): Fault {
  return { ...fault, evidence: { ...fault.evidence, trouble: memory } }
}

/** An answer that would give up a video that may be paid for. It is believed once it is confirmed. */
export function isVerdict({ kind }: PollFailure): boolean {
  return confirmations[kind] !== null
}

/**
 * Whether the provider was asked again, often and long enough, and said the same. Asked often in one moment it says the
 * same thing often; asked seldom it may be wrong twice.
 */
export function isConfirmed({ kind, run }: PollFailure, nowMs: number): boolean {
  const needed = confirmations[kind]
  return needed !== null && run.times >= needed.times && nowMs - run.since >= needed.forMs
}

const confirmations: Record<TroubleKind, { times: number; forMs: number } | null> = {
  silent: null,
  // A provider may not show a task for a while after it has accepted it, or one of its machines may not know it.
  lost: { times: 4, forMs: goneAfterMs },
  failed: { times: 2, forMs: failedAfterMs },
  withheld: null,
}

/** How often a provider did not know each of the ids that webhooks named, as the fault of an unknown line keeps it. */
export function refusalsIn(fault: Fault | null): Map<string, number> {
  const { refused } = refusalsSchema.parse(fault?.evidence ?? {})
  return new Map(Object.entries(refused))
}

const refusalsSchema = z.object({ refused: z.record(z.string(), z.number()).default({}) })

const memorySchema = z.object({
  trouble: z
    .object({
      kind: z.enum(kinds),
      since: z.number(),
      run: z.object({ since: z.number(), times: z.number() }),
      silentSince: z.number().nullable(),
    })
    .exactOptional(),
})
