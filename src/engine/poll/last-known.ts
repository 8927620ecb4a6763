/** The `deadline_exceeded` fault: its message says what was last known of the task, and since when. */
import { type Fault, fault } from '../../core/fault.ts'
import type { PollFailure } from '../../core/poll-failure.ts'
import { nameIn } from '../../providers/failure.ts'
import type { Outcome } from '../../providers/provider.ts'

type Pending = Extract<Outcome, { state: 'pending' }>

/** `pending` is the last status response, if it showed the task's state. */
export function deadlineFault(
  provider: string,
  failure: PollFailure | null,
  pending: Pending | null,
  nowMs: number,
): Fault {
  const last = failure === null ? unfinished(pending, nowMs) : descriptionOf(failure)
  return fault('deadline_exceeded', `${provider} ${last}`, { evidence: failure?.fault.evidence ?? {} })
}

function descriptionOf({ kind, fault, run, silentSince }: PollFailure): string {
  switch (kind) {
    case 'silent':
      return `could not be polled since ${timeOf(silentSince ?? run.since)}: ${fault.message}`
    case 'lost':
      return `has not known the task since ${timeOf(run.since)}.`
    case 'failed':
      return `reported at ${timeOf(run.since)} that the task had failed: ${fault.message}`
    case 'withheld':
      return `had finished at ${timeOf(run.since)}, but its video could not be fetched: ${fault.message}`
  }
}

function unfinished(pending: Pending | null, nowMs: number): string {
  const { progress, unknownStatus } = pending ?? {}
  const word = nameIn(unknownStatus ?? '')
  const state =
    unknownStatus !== undefined
      ? `in a status that Reelhook does not know${word && ` (${word})`}`
      : `still rendering${progress === undefined ? '' : ` (progress ${Math.round(progress)} %)`}`
  return `did not finish before the deadline: it was ${state} when last polled at ${timeOf(nowMs)}.`
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
