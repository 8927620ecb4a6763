/** Prints a failure: for people on stderr, with --json as one line on stdout. */
import type { Cli } from './cli.ts'
import type { Failure } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { faultText } from './request/names.ts'
import { plain, withCents, wrap } from './text.ts'

export function reportFailure(cli: Cli, failure: Failure): void {
  if (cli.flags().json) cli.json(failureAsJson(failure))
  else for (const line of failureAsText(failure, cli)) cli.log.line(line)
}

function failureAsJson({
  exitCode,
  code,
  message,
  remedy,
  errors,
  requestId,
  idempotencyKey,
  jobId,
}: Failure) {
  return {
    error: {
      code,
      message,
      remedy: remedy ?? null,
      errors: errors ?? [],
      request_id: requestId ?? null,
      job_id: jobId ?? null,
      idempotency_key: idempotencyKey ?? null,
      exit_code: exitCode,
    },
  }
}

function failureAsText(
  { exitCode, message, remedy, errors = [], requestId, jobId }: Failure,
  { log: { style, width } }: Cli,
): string[] {
  const isNamed = jobId === undefined || message.includes(jobId)
  const text = `${isNamed ? '' : `${jobId}: `}${messageText(message)}`
  const lines = [
    exitCode === exitCodes.interrupted ? plain(message) : `${style.red('Error:')} ${text}`,
    ...errors.map((fault) => `  ${faultText(fault)}`),
    ...(remedy === undefined ? [] : [remedy]),
    ...(requestId === undefined ? [] : [style.dim(`request_id ${plain(requestId)}`)]),
  ]
  return lines.flatMap((line) => wrap(line, width))
}

/** The faults follow it. In JSON they are in a field of this name. */
function messageText(message: string): string {
  return withCents(plain(message)).replace(
    /\bCorrect the (?:fields|options|parameters) in errors\.$/,
    'Correct this:',
  )
}
