/** The axis above the rows, the grid behind their bars, and the legend. */
import { formatDuration } from '../../core/format.ts'
import type { Axis } from './axis.ts'
import { percent } from './bars.tsx'

export function AxisLine({ axis }: { axis: Axis }) {
  const { ticks, cuts, end } = axis
  return (
    <div class="axis" aria-hidden="true">
      <span class="what">Time since acceptance</span>
      <svg width="100%" height="20" aria-hidden="true">
        <defs>
          <pattern id="timeline-wait" width="6" height="6" patternUnits="userSpaceOnUse">
            <path class="hatch" d="M-1 7L7-1" />
          </pattern>
          <pattern id="timeline-bad" width="6" height="6" patternUnits="userSpaceOnUse">
            <path class="cross" d="M0 0L6 6M6 0L0 6" />
          </pattern>
          <path id="timeline-cross" d="M-4-4L4 4M4-4L-4 4" />
          <circle id="timeline-dot" r="4" />
          <path id="timeline-open" class="open" d="M-6-7L0 0L-6 7" />
        </defs>
        <symbol id="timeline-grid">
          {cuts.map(({ from, to }) => (
            <rect class="cut" x={percent(from)} width={percent(to - from)} height="100%" />
          ))}
          {ticks.map(({ at }) => (
            <line class="tick" x1={percent(at)} x2={percent(at)} y2="100%" />
          ))}
          {end !== null && <line class="end" x1={percent(end)} x2={percent(end)} y2="100%" />}
        </symbol>
        {ticks.map(({ at, label, isMinor }) => (
          <text
            x={percent(at)}
            y="14"
            text-anchor={at < 8 ? 'start' : at > 92 ? 'end' : 'middle'}
            class={isMinor ? 'minor' : undefined}
          >
            {label}
          </text>
        ))}
      </svg>
      <span class="took">Took</span>
    </div>
  )
}

/** The signs are in the styles. */
export function Legend({ axis: { cuts } }: { axis: Axis }) {
  const longestMs = Math.max(0, ...cuts.map(({ ms }) => ms))
  return (
    <ul class="legend" aria-label="Legend">
      <li class="running">running</li>
      <li class="well">ended well</li>
      <li class="failed">failed</li>
      <li class="waits">waiting</li>
      <li class="moment">a moment</li>
      <li class="refusal">a refusal or failure</li>
      <li class="job-end">end of the job</li>
      {longestMs > 0 && (
        <li class="shorter">long waits, drawn shorter than they are (up to {formatDuration(longestMs)})</li>
      )}
    </ul>
  )
}
