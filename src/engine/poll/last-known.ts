/** What was last known of a task when its job's time ran out, and since when: the words of `deadline_exceeded`. */
import { type Fault, fault } from '../../core/fault.ts'
import type { PollFailure } from '../../core/poll-failure.ts'
import { nameIn } from '../../providers/failure.ts'
import type { Outcome } from '../../providers/provider.ts'

type Pending = Extract<Outcome, { state: 'pending' }>

/** `pending`: the answer to the last question, where it told how the task is. */
export function deadlineFault(
  provider: string,
  trouble: PollFailure | null,
  pending: Pending | null,
  nowMs: number,
): Fault {
  const words = trouble === null ? unfinished(pending, nowMs) : wordsOf(trouble)
  const evidence = trouble?.fault.evidence ?? {}
  return fault('deadline_exceeded', `${provider} ${words}`, { evidence })
}

function wordsOf({ kind, fault, run, silentSince }: PollFailure): string {
  switch (kind) {
    case 'silent':
      return `could not be asked since ${timeOf(silentSince ?? run.since)}: ${fault.message}`
    case 'lost':
      return `has not known the task since ${timeOf(run.since)}.`
    case 'failed':
      return `said at ${timeOf(run.since)} that the task had failed: ${fault.message}`
    case 'withheld':
      return `had finished at ${timeOf(run.since)}, but its video could not be fetched: ${fault.message}`
  }
}

function unfinished(pending: Pending | null, nowMs: number): string {
  const { progress, unknownStatus } = pending ?? {}
  const word = nameIn(unknownStatus ?? '')
  const standing =
    unknownStatus !== undefined
      ? `in a status that Reelhook does not know${word && ` (${word})`}`
      : `still rendering${progress === undefined ? '' : ` (progress ${Math.round(progress)} %)`}`
  return `did not finish before the deadline: it was ${standing} when last asked at ${timeOf(nowMs)}.`
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
