/** Lays out the history of a job: its rows, group by group, oldest first. No I/O. No clock. */
import type { AnswerView } from '../../api/jobs/answers.ts'
import { type Axis, axisOf } from './axis.ts'
import { choiceWords } from './choice-words.ts'
import { deliveryRows } from './delivery-rows.ts'
import { type JobHistory, type Known, slotWaitOf } from './history.ts'
import { outputRows } from './output-rows.ts'
import { providerRows } from './provider-rows.ts'
import { mark, type Row, type Tone, wait, whole } from './row.ts'
import { submissionRows } from './submission-rows.ts'

export interface Group {
  name: string
  title: string
  rows: Row[]
}

export interface Layout {
  groups: Group[]
  axis: Axis
}

export function layOut(history: JobHistory, answers: readonly AnswerView[]): Layout {
  const { job, nowMs } = history
  const startedAt = Date.parse(job.created_at)
  const settledAt = job.settled_at === null ? null : Date.parse(job.settled_at)
  const known = {
    ...history,
    answers,
    startedAt,
    settledAt,
    endOrNow: settledAt ?? Math.max(nowMs, startedAt),
  }
  const groups = [
    { name: 'job', title: 'Job', rows: [jobRow(known), ...slotRows(known), ...submissionRows(known)] },
    { name: 'provider', title: 'Provider', rows: providerRows(known) },
    { name: 'outputs', title: 'Copies of the video', rows: outputRows(known) },
    { name: 'deliveries', title: 'Deliveries', rows: deliveryRows(known) },
    { name: 'other', title: 'Other', rows: otherRows(known) },
  ].filter(({ rows }) => rows.length > 0)
  const segments = groups.flatMap(({ rows }) => rows.flatMap((row) => row.segments))
  return { groups, axis: axisOf(segments, { startedAt, settledAt }) }
}

const tones: Readonly<Record<string, Tone>> = { succeeded: 'good', failed: 'bad', canceled: 'quiet' }

function jobRow({ job, events, startedAt, settledAt, endOrNow }: Known): Row {
  const tone = tones[job.status] ?? 'active'
  const accepted = events.find(({ type }) => type === 'job.accepted')
  return {
    id: 'timeline-job',
    label: 'From acceptance to end',
    outcome: job.status,
    tone,
    segments: [
      { ...whole(startedAt, endOrNow, job.status), isOpen: settledAt === null },
      mark(startedAt, 'accepted'),
      ...(settledAt === null ? [] : [{ ...mark(settledAt, job.status), tone }]),
    ],
    facts: {
      ...accepted?.data,
      choice: choiceWords(accepted?.data ?? {}),
      deadline: job.deadline_at,
      fault: job.fault?.code,
      message: (job.fault ?? job.cancellation)?.message,
    },
  }
}

function slotRows(known: Known): Row[] {
  const slot = slotWaitOf(known)
  if (slot === null) return []
  const { from, to, isOver, waiting } = slot
  const isOpen = !isOver && known.settledAt === null
  return [
    {
      id: 'timeline-slot',
      label: 'Waiting for a free slot',
      outcome: isOpen ? 'still waiting' : 'ended',
      tone: isOpen ? 'active' : 'quiet',
      segments: [{ ...wait(from, to, 'no free slot'), isOpen }],
      facts: waiting.data,
    },
  ]
}

/** Events that other rows show. */
const shownElsewhere =
  /^(task|webhook)\.|^delivery\.failed|^job\.(accepted|waiting|succeeded|failed|canceled)$|^output\.(stored|late|failed|export)/

/** One row for each further type of event, those of later versions included. */
function otherRows({ events }: Known): Row[] {
  const others = events.filter(({ type }) => !shownElsewhere.test(type))
  return [...new Set(others.map(({ type }) => type))].map((type): Row => {
    const all = others.filter((event) => event.type === type)
    return {
      id: `timeline-${type}`,
      label: otherLabels[type] ?? type,
      outcome: all.length === 1 ? 'once' : `${all.length} times`,
      tone: 'quiet',
      segments: all.map(({ created_at }) => mark(Date.parse(created_at), type)),
      facts: all.at(-1)?.data ?? {},
    }
  })
}

const otherLabels: Readonly<Record<string, string>> = {
  'job.retried': 'Retried as a new job',
  'job.provider_changed': 'Another provider had a free slot',
  'output.lost': 'Video missing from storage',
  'output.found': 'Video found again',
  'message.dead_lettered': 'Queue message failed',
  'endpoint.disabled': 'Endpoint disabled',
  'callbacks.disabled': 'Callbacks disabled',
}
