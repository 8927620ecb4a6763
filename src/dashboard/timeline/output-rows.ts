/** The copies of the videos to the storage, and from there to the export bucket. No I/O. No clock. */
import { formatBytes } from '../../core/format.ts'
import type { Known } from './history.ts'
import { mark, type Row, type Segment, wait, work } from './row.ts'

type Output = Known['job']['outputs'][number]

/** They are copied one after the other: a copy begins at the end of the generations, or of the copy before it. */
export function outputRows(known: Known): Row[] {
  const ended = known.job.tasks.flatMap(({ ended_at }) => (ended_at === null ? [] : [Date.parse(ended_at)]))
  const copies = known.job.outputs
    .map((output) => ({ output, end: endOfCopy(known, output) }))
    .sort((one, two) => (one.end?.at ?? Infinity) - (two.end?.at ?? Infinity))
  let before = 0
  return copies.flatMap(({ output, end }) => {
    const at = end?.at ?? known.endOrNow
    const generated = Math.max(known.startedAt, ...ended.filter((moment) => moment <= at))
    const isRetried = Number(end?.data.attempts ?? 1) > 1
    const from = isRetried ? generated : Math.max(generated, before)
    before = end?.at ?? before
    return [copyRow(known, output, { from, at, data: end?.data }), ...exportRows(known, output, at)]
  })
}

function endOfCopy({ events }: Known, { n }: Output) {
  const event = events.find(({ type, data }) => /^output\.(stored|late|failed)$/.test(type) && data.n === n)
  return event && { at: Date.parse(event.created_at), data: event.data }
}

function copyRow(
  { job, settledAt }: Known,
  { n, status, late, bytes, fault }: Output,
  { from, at, data }: { from: number; at: number; data: Record<string, unknown> | undefined },
): Row {
  const attempts = Number(data?.attempts ?? 1)
  const tries = attempts > 1 ? ` at attempt ${attempts}` : ''
  const outcome = {
    waiting: 'not stored yet',
    stored: `stored${late ? ' late' : ''}${tries}${bytes === null ? '' : `, ${formatBytes(bytes)}`}`,
    failed: `failed${tries}: ${fault?.code ?? ''}`,
  }[status]
  const tone = ({ waiting: 'active', stored: 'good', failed: 'bad' } as const)[status]
  // When the failed attempts were made is not stored, so all is drawn as waiting for the last one.
  const bars: Segment[] =
    attempts > 1
      ? [wait(from, at, `${attempts} attempts, and the waits between them`), { ...mark(at, outcome), tone }]
      : [{ ...work(from, at, 'copying'), tone, isOpen: status === 'waiting' && settledAt === null }]
  return {
    id: `timeline-output-${n}`,
    label: job.outputs.length === 1 ? 'Copy of the video' : `Copy of video ${n + 1}`,
    outcome,
    tone,
    segments: bars,
    facts: { message: fault?.message, ...data },
  }
}

function exportRows({ job, events, nowMs }: Known, { n, export: copy }: Output, storedAt: number): Row[] {
  if (copy === null) return []
  const failed = events.find(({ type, data }) => type === 'output.export_failed' && data.n === n)
  const endedAt = copy.exported_at ?? failed?.created_at
  const at = endedAt === undefined ? Math.max(nowMs, storedAt) : Date.parse(endedAt)
  const tone = copy.status === 'exported' ? 'good' : copy.status === 'failed' ? 'bad' : 'active'
  return [
    {
      id: `timeline-export-${n}`,
      label: job.outputs.length === 1 ? 'Export of the video' : `Export of video ${n + 1}`,
      outcome: copy.status,
      tone,
      segments: [
        { ...wait(storedAt, at, 'until exported'), isOpen: endedAt === undefined },
        ...(endedAt === undefined ? [] : [{ ...mark(at, copy.status), tone } as const]),
      ],
      facts: { key: copy.key, error: copy.error, attempts: failed?.data.attempts },
    },
  ]
}
