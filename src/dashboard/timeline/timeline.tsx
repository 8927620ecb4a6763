/** Everything that happened to a job, on one time axis. */
import type { AnswerView } from '../../api/jobs/answers.ts'
import type { Axis } from './axis.ts'
import { AxisLine, Legend } from './axis-line.tsx'
import type { JobHistory } from './history.ts'
import { type Group, layOut } from './lay-out.ts'
import { RawEvents } from './raw-events.tsx'
import { TimelineRow } from './timeline-row.tsx'

export type { JobHistory }

/** The page needs the styles `timeline`. */
export function JobTimeline({ history, answers = [] }: { history: JobHistory; answers?: AnswerView[] }) {
  const { groups, axis } = layOut(history, answers)
  return (
    <div class="waterfall">
      <AxisLine axis={axis} />
      {groups.map((group) => (
        <RowGroup group={group} axis={axis} />
      ))}
      <Legend axis={axis} />
      <RawEvents events={history.events} />
    </div>
  )
}

/** Rows beyond this are folded. */
const maxRows = 24

function RowGroup({ group: { name, title, rows }, axis }: { group: Group; axis: Axis }) {
  const isLong = rows.length > maxRows
  const list = (some: Group['rows']) => (
    <ol>
      {some.map((row) => (
        <TimelineRow row={row} axis={axis} />
      ))}
    </ol>
  )
  return (
    <>
      <h3>{title}</h3>
      {list(isLong ? rows.slice(0, maxRows) : rows)}
      {isLong && (
        <details id={`timeline-more-${name}`} class="more">
          <summary>{rows.length - maxRows} more rows</summary>
          {list(rows.slice(maxRows))}
        </details>
      )}
    </>
  )
}
