/** The bars of a row. They repeat what the row says in words, so a screen reader passes over them. */
import { formatDuration } from '../../core/format.ts'
import type { Axis } from './axis.ts'
import type { Segment } from './row.ts'

/** In percent: a bar of a few milliseconds is seen too. */
const minWidth = 0.8

export function Bars({ segments, axis }: { segments: readonly Segment[]; axis: Axis }) {
  return (
    <svg class="bars" width="100%" aria-hidden="true">
      <use href="#timeline-grid" width="100%" height="100%" />
      {segments.map((segment) => (
        <Bar segment={segment} axis={axis} />
      ))}
    </svg>
  )
}

function Bar({ segment, axis }: { segment: Segment; axis: Axis }) {
  const { kind, from, to, tone, label, isOpen } = segment
  if (kind === 'mark') return <Mark x={axis.at(from)} tone={tone} label={label} />
  if (kind === 'wait' && from === to) return null
  const width = Math.max(axis.at(to) - axis.at(from), minWidth)
  const x = Math.min(axis.at(from), 100 - width)
  return (
    <g>
      <title>{`${label}: ${formatDuration(to - from)}`}</title>
      <Shape kind={kind} tone={tone} x={percent(x)} width={percent(width)} />
      {isOpen && <use href="#timeline-open" x={percent(x + width)} y="50%" />}
    </g>
  )
}

type ShapeProps = Pick<Segment, 'tone'> & { kind: 'wait' | 'work' | 'whole'; x?: string; width: string }

/** Each kind has a height and a pattern of its own. */
function Shape({ kind, tone, ...place }: ShapeProps) {
  const height = { wait: 6, work: 14, whole: 2 }[kind]
  const box = { ...place, y: '50%', height, transform: `translate(0 ${-height / 2})` }
  if (kind === 'wait') return <rect {...box} class="wait" fill="url(#timeline-wait)" />
  return (
    <>
      <rect {...box} class={tone} />
      {kind === 'work' && tone === 'bad' && <rect {...box} fill="url(#timeline-bad)" />}
    </>
  )
}

/** A cross: refused or failed. Any other moment is a dot. */
function Mark({ x, tone, label }: { x: number } & Pick<Segment, 'tone' | 'label'>) {
  return (
    <use
      href={tone === 'bad' ? '#timeline-cross' : '#timeline-dot'}
      x={percent(x)}
      y="50%"
      class={`mark ${tone}`}
    >
      <title>{label}</title>
    </use>
  )
}

export function percent(value: number): string {
  return `${Number(value.toFixed(2))}%`
}
