/** The exit codes, which scripts decide by. */

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 5,
  wrongState: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** For `--help`. */
export const exitCodesHelp = `Exit codes:
  0    done
  1    a job or a delivery failed, or a file could not be saved
  2    wrong usage: a bad option, a missing setting
  3    not found
  4    refused: the API key, the budget, or the request itself
  5    unreachable, overloaded, or not finished in time: try again
  6    the job has already ended, has not ended yet, or has pending deliveries
  130  interrupted`

/** The codes of problems that name the state of a job. */
const stateCodes: readonly string[] = ['already_settled', 'not_settled', 'undelivered']

/** The exit code for a response of the API that is not a success. */
export function exitCodeOf(status: number, code: string): ExitCode {
  if (stateCodes.includes(code)) return exitCodes.wrongState
  if (status === 404 || status === 410) return exitCodes.notFound
  if (status === 408 || status === 429 || status >= 500) return exitCodes.unreachable
  return exitCodes.refused
}
