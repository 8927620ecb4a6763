/**
 * A poll failure: a status response that brought no usable end. One bad response proves nothing, so how long it has
 * lasted is stored on the task (column `poll_failure`). No I/O. No clock.
 */
import { z } from 'zod'
import type { Fault } from './fault.ts'
import { failedAfterMs, goneAfterMs } from './schedule/jobs.ts'

const kinds = [
  'silent', // no response, or none that shows the task's state
  'lost', // the provider does not know the task
  'failed', // the provider says that the task, or one of its results, has failed
  'withheld', // the provider says that the task is finished, and its video cannot be fetched
] as const

type PollFailureKind = (typeof kinds)[number]

export const pollFailureRecordSchema = z.object({
  kind: z.enum(kinds),
  /** When the failures began, of any kind, in milliseconds since 1970. */
  since: z.number(),
  /** The latest failures of one kind: when they began, and how many there were. */
  run: z.object({ since: z.number(), times: z.number() }),
  /** Since when no response has shown the task's state. Null: the last one did. */
  silentSince: z.number().nullable(),
})

/** A poll failure as it is stored. Its fault is stored beside it, as the task's fault. */
export type PollFailureRecord = z.infer<typeof pollFailureRecordSchema>

export interface PollFailure extends PollFailureRecord {
  fault: Fault
}

/** Continues the run of failures that is stored, or begins one. */
export function pollFailureAfter(
  before: PollFailureRecord | null,
  { kind, fault }: Pick<PollFailure, 'kind' | 'fault'>,
  nowMs: number,
): PollFailure {
  const run = before?.kind === kind ? before.run : { since: nowMs, times: 0 }
  const isSilent = kind === 'silent' || kind === 'lost'
  return {
    kind,
    fault,
    since: before?.since ?? nowMs,
    run: { since: run.since, times: run.times + 1 },
    silentSince: isSilent ? (before?.silentSince ?? nowMs) : null,
  }
}

export function recordOf({ fault: _fault, ...record }: PollFailure): PollFailureRecord {
  return record
}

/** Whether this failure, once confirmed, ends a task whose video may be paid for. */
export function needsConfirmation({ kind }: PollFailureRecord): boolean {
  return confirmations[kind] !== null
}

/**
 * Whether enough polls over enough time gave the same failure. Many polls in one moment repeat the same mistake; few
 * polls over a long time may both be wrong.
 */
export function isConfirmed({ kind, run }: PollFailureRecord, nowMs: number): boolean {
  const needed = confirmations[kind]
  return needed !== null && run.times >= needed.times && nowMs - run.since >= needed.forMs
}

const confirmations: Record<PollFailureKind, { times: number; forMs: number } | null> = {
  silent: null,
  // A provider may not show a task for a while after accepting it, or one of its machines may not know it.
  lost: { times: 4, forMs: goneAfterMs },
  failed: { times: 2, forMs: failedAfterMs },
  withheld: null,
}
