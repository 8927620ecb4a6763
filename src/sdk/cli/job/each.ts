/** Runs a command for several jobs, one after the other. Shared by `cancel`, `delete` and `wait`. */
import type { Cli } from '../cli.ts'
import { failureOf } from '../errors.ts'
import { reportFailure } from '../report.ts'

/** The trouble of one job is reported, and the next one follows. Any other ends the command: it would meet all of them. */
export async function forEachJob(
  cli: Cli,
  ids: readonly string[],
  act: (id: string) => Promise<void>,
): Promise<void> {
  for (const id of new Set(ids)) {
    try {
      await act(id)
    } catch (error) {
      const failure = failureOf(error, cli.interrupted.aborted)
      if (!troublesOfJobs.includes(failure.code)) throw error
      reportFailure(cli, { ...failure, jobId: id })
      cli.endWith(failure.exitCode)
    }
  }
}

const troublesOfJobs = [
  'not_found',
  'already_settled',
  'not_settled',
  'undelivered',
  'file_exists',
  'damaged_file',
  'timed_out',
]
