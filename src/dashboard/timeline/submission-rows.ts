/**
 * The attempts to submit the job, one row each. The timeline has the first refusal of a task, an unknown response and the
 * result; the provider's answers show the refusals in between. No I/O. No clock.
 */
import type { AnswerView } from '../../api/jobs/answers.ts'
import { type Known, slotWaitOf } from './history.ts'
import { mark, type Row, type Tone, wait } from './row.ts'
import { shownAnswer } from './shown-answer.ts'

interface Attempt {
  id: string
  provider: string
  at: number
  outcome: string
  tone: Tone
  data: Record<string, unknown>
  answer: AnswerView | undefined
}

export function submissionRows(known: Known): Row[] {
  const attempts = attemptsOf(known)
  if (attempts.length === 0) return [queuedRow(known)]
  const slot = slotWaitOf(known)
  let before = known.startedAt
  const counts = new Map<string, number>()
  return attempts.map((attempt) => {
    const { id, provider, at, outcome, tone, data, answer } = attempt
    const n = (counts.get(provider) ?? 0) + 1
    counts.set(provider, n)
    // The wait for a slot has a row of its own.
    const from = slot !== null && slot.to <= at ? Math.max(before, slot.to) : before
    before = at
    return {
      id: `timeline-${id}`,
      label: `Submission to ${provider}${n === 1 ? '' : `, attempt ${n}`}`,
      outcome,
      tone,
      segments: [wait(from, at, 'queued, sent, waited for the answer'), { ...mark(at, outcome), tone }],
      facts: data,
      ...(answer && { answers: [shownAnswer(answer)] }),
    }
  })
}

function queuedRow({ startedAt, endOrNow, settledAt }: Known): Row {
  const isOpen = settledAt === null
  return {
    id: 'timeline-queued',
    label: 'Queued',
    outcome: isOpen ? 'not submitted yet' : 'never submitted',
    tone: isOpen ? 'active' : 'quiet',
    segments: [{ ...wait(startedAt, endOrNow, 'queued'), isOpen }],
  }
}

function attemptsOf(known: Known): Attempt[] {
  const unclaimed = known.answers.filter(({ kind }) => kind === 'submission')
  const ofEvents = known.events.flatMap((event): Attempt[] => {
    const read = outcomeOf(known, event)
    if (read === null) return []
    const at = Date.parse(event.created_at)
    const provider = String(event.data.provider)
    // The answer arrives just before its event is made.
    const index = unclaimed.findLastIndex(
      (answer) => answer.provider === provider && Math.abs(Date.parse(answer.received_at) - at) < matchingMs,
    )
    const [answer] = index < 0 ? [] : unclaimed.splice(index, 1)
    return [{ ...read, id: event.id, provider, at, data: event.data, answer }]
  })
  const ofAnswers = unclaimed.map((answer): Attempt => {
    const { provider, received_at, http_status } = answer
    const outcome = http_status === null ? 'no answer' : `answered ${http_status}`
    const id = `answer-${provider}-${received_at}`
    return { id, provider, at: Date.parse(received_at), outcome, tone: 'active', data: {}, answer }
  })
  return [...ofEvents, ...ofAnswers].sort((one, two) => one.at - two.at)
}

const matchingMs = 1_500

function outcomeOf(
  { job }: Known,
  { type, data, created_at }: Known['events'][number],
): Pick<Attempt, 'outcome' | 'tone'> | null {
  const fault = String(data.fault)
  switch (type) {
    case 'task.submitted':
      return { outcome: 'accepted', tone: 'good' }
    case 'task.deferred':
      return { outcome: `refused for now: ${fault}`, tone: 'active' }
    case 'task.rejected':
      return { outcome: `refused: ${fault}${nextIn(data)}`, tone: 'bad' }
    case 'task.unknown':
      return { outcome: 'response lost: it may have been bought', tone: 'active' }
    case 'task.resubmitted':
      return { outcome: `given up${nextIn(data)}`, tone: 'bad' }
    case 'task.failed': {
      // The other failures are those of a generation.
      const isNeverSubmitted = job.tasks.some(
        (task) =>
          task.submitted_at === null && task.ended_at === created_at && task.provider === data.provider,
      )
      return isNeverSubmitted ? { outcome: `failed: ${fault}`, tone: 'bad' } : null
    }
    default:
      return null
  }
}

function nextIn({ next_provider }: Record<string, unknown>): string {
  return typeof next_provider === 'string' ? `; next: ${next_provider}` : ''
}
