/** Turns every error into a failure: what happened, what to do about it, and the exit code. */
import { CommanderError } from 'commander'
import { ReelhookError } from '../client/index.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'

/** With --json it is printed as `{ "error": … }`. */
export interface Failure {
  exitCode: ExitCode
  /** Stable. That of a problem of the API, or one of the command's own. */
  code: string
  message: string
  remedy?: string | undefined
  errors?: { path: string; message: string }[] | undefined
  requestId?: string | undefined
  /** A repetition of the command with it creates no second job. */
  idempotencyKey?: string | undefined
  jobId?: string | undefined
}

/** Ends a command with a failure. */
export class Stop extends Error {
  readonly failure: Failure
  constructor(failure: Failure, options: ErrorOptions = {}) {
    super(failure.message, options)
    this.failure = failure
  }
}

export function usageFault(message: string, remedy?: string): Stop {
  return new Stop({ exitCode: exitCodes.usage, code: 'usage', message, remedy })
}

/** The error that the API would answer with, before the person is asked. */
export function stateFault(code: 'already_settled' | 'not_settled', message: string): Stop {
  return new Stop({ exitCode: exitCodes.wrongState, code, message, remedy: stateRemedies[code] })
}

export function failureOf(error: unknown, isInterrupted: boolean): Failure {
  if (error instanceof Stop) return error.failure
  if (isInterrupted) return { exitCode: exitCodes.interrupted, code: 'interrupted', message: 'Interrupted.' }
  if (error instanceof CommanderError) return usageFailure(error)
  if (error instanceof ReelhookError) return clientFailure(error)
  if (isOfFile(error)) return fileFailure(error)
  return isTimeout(error) ? timeoutFailure : unexpected(error)
}

function usageFailure({ message }: CommanderError): Failure {
  const text = message.replace(/^error: /, '')
  return {
    exitCode: exitCodes.usage,
    code: 'usage',
    message: `${text.charAt(0).toUpperCase()}${text.slice(1)}`,
    remedy: helpRemedy,
  }
}

export const helpRemedy = 'Run "reelhook --help", or --help after a command.'

function clientFailure(error: ReelhookError): Failure {
  const { status, code, detail, errors, requestId, idempotencyKey } = error
  return {
    exitCode: status === null ? exitCodeWithoutResponse(code) : exitCodeOf(status, code),
    code,
    message: messages[code] ?? detail,
    remedy: remedyFor(error),
    errors: [...errors],
    requestId: requestId ?? undefined,
    idempotencyKey,
  }
}

/** Where the detail of the API names what only its callers have: the header of a key, the query of a URL. */
const messages: Partial<Record<ReelhookError['code'], string>> = {
  unauthorized: 'The deployment does not accept the API key.',
  undelivered: 'Its callback URL or an endpoint has not received every event yet.',
}

function exitCodeWithoutResponse(code: ReelhookError['code']): ExitCode {
  if (code === 'unreachable' || code === 'timed_out') return exitCodes.unreachable
  return code === 'invalid_argument' ? exitCodes.usage : exitCodes.failed
}

function remedyFor({ status, code }: ReelhookError): string | undefined {
  switch (code) {
    case 'unauthorized':
      return 'Check the API key: "reelhook config" shows where it comes from, "reelhook login" stores another.'
    case 'forbidden':
      return 'Use an API key with the scope that this needs.'
    case 'budget_exceeded':
      return 'Raise the budget of the API key, or wait for the next month.'
    case 'idempotency_conflict':
      return 'The key belongs to another request: use another --idempotency-key.'
    case 'already_settled':
    case 'not_settled':
    case 'undelivered':
      return stateRemedies[code]
    case 'rate_limited':
      return 'Wait a moment, then try again.'
    case 'unreachable':
    case 'unexpected_response':
      return 'Check the address ("reelhook config") and the network, then try again.'
    case 'damaged_file':
      return 'Save it again with "reelhook wait".'
    default:
      return (status ?? 0) >= 500
        ? 'Try again. If it happens again, find the request in the log of the deployment.'
        : undefined
  }
}

const stateRemedies = {
  already_settled:
    'It stays as it ended: "reelhook job" shows it, "reelhook delete" erases it, "reelhook generate" makes another video.',
  not_settled: 'Wait for its end with "reelhook wait", or end it with "reelhook cancel".',
  undelivered: 'Wait for them ("reelhook deliveries --job"), or add --force: they are never sent then.',
}

const timeoutFailure: Failure = {
  exitCode: exitCodes.unreachable,
  code: 'unreachable',
  message: 'The deployment did not respond in time.',
  remedy: 'Check the address ("reelhook config") and the network, then try again.',
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function unexpected(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return { exitCode: exitCodes.failed, code: 'unexpected', message }
}

interface FileError extends Error {
  code: string
  path: string
}

function isOfFile(error: unknown): error is FileError {
  return error instanceof Error && 'code' in error && 'path' in error && typeof error.path === 'string'
}

function fileFailure({ code, path, message }: FileError): Failure {
  const reason = fileReasons[code] ?? message
  const remedy = 'Choose another file or folder, or correct that.'
  const failure = `The file ${path} cannot be read or written: ${reason}.`
  return { exitCode: exitCodes.failed, code: 'file_error', message: failure, remedy }
}

const fileReasons: Readonly<Record<string, string | undefined>> = {
  ENOENT: 'it or its folder is not there',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'you have no permission',
  EPERM: 'you have no permission',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
}
