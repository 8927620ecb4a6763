/** One line for each running job: redrawn in place on a terminal; elsewhere printed when it changes. */
import type { JobView } from '../../core/job/view-schema.ts'

export interface Progress {
  show(jobs: readonly JobView[]): void
}

export function createProgress(output: NodeJS.WriteStream): Progress {
  const startedAt = Date.now()
  let drawn: string[] = []
  return {
    show(jobs) {
      const states = jobs.map(stateOf)
      const elapsed = jobs.map(({ settled_at }) => secondsSince(startedAt, settled_at))
      if (output.isTTY) {
        if (drawn.length > 0) output.moveCursor(0, -drawn.length)
        for (const [index, state] of states.entries()) {
          output.clearLine(1)
          output.write(`  ${elapsed[index]}  ${state}\n`)
        }
      } else {
        for (const [index, state] of states.entries()) {
          if (state !== drawn[index]) output.write(`  ${elapsed[index]}  ${state}\n`)
        }
      }
      drawn = states
    },
  }
}

/** For a settled job, the time until it settled. */
function secondsSince(startedAt: number, settledAt: string | null): string {
  const until = settledAt === null ? Date.now() : Date.parse(settledAt)
  return `${((until - startedAt) / 1_000).toFixed(1).padStart(5)} s`
}

function stateOf({ provider, request, status, progress }: JobView): string {
  const percent = progress === null ? '' : ` ${progress} %`
  const times = request.count > 1 ? ` ×${request.count}` : ''
  return `${`${provider}${times}`.padEnd(12)} ${status}${percent}`
}
