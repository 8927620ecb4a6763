/** Problems as OpenAI's errors: every fault in one message, and the first field by name. */
import type { Context as HonoContext } from 'hono'
import type { Problem } from '../../in-process.ts'
import type { FieldFault } from '../../problems.ts'
import type { ShowProblem } from '../face.ts'

export const showProblem: ShowProblem = (problem) => {
  const { status, code, errors = [] } = problem
  const [first] = errors
  return {
    // OpenAI refuses every invalid request with 400.
    status: status === 422 ? 400 : status,
    headers: isRetryUseless(problem) ? doNotRetry : {},
    body: {
      error: {
        message: messageOf(problem),
        type: typeOf(status),
        param: first?.path || null,
        code: (code === 'invalid_request' && first !== undefined && codeOf(first)) || code,
      },
    },
  }
}

/** A refusal that only this dialect has. */
export function notFound(
  c: HonoContext,
  code: 'video_not_ready' | 'variant_not_available' | 'model_not_found',
  message: string,
) {
  return c.json({ error: { message, type: typeOf(404), param: null, code } }, 404, doNotRetry)
}

export function notSupported(c: HonoContext, message: string) {
  return c.json(
    { error: { message, type: typeOf(400), param: null, code: 'not_supported' } },
    400,
    doNotRetry,
  )
}

/** OpenAI's clients repeat 409 and everything from 500 on, unless this forbids it. */
const doNotRetry = { 'x-should-retry': 'false' }

function isRetryUseless({ status }: Problem): boolean {
  return status === 404 || status === 409 || status === 507
}

function messageOf({ title, detail, errors = [] }: Problem): string {
  if (errors.length === 0) return `${title}. ${detail}`
  return `${title}. ${errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`
}

function codeOf({ path, message }: FieldFault): string | undefined {
  if (message === 'is not a known field') return 'unknown_parameter'
  const [field = ''] = path.split('.')
  return codes.get(field)
}

const codes = new Map([
  ['model', 'model_not_found'],
  ['seconds', 'invalid_seconds'],
  ['size', 'invalid_size'],
  ['input_reference', 'invalid_input_reference'],
  ['video', 'invalid_video'],
])

function typeOf(status: number): string {
  if (status >= 500) return 'server_error'
  return types.get(status) ?? 'invalid_request_error'
}

const types = new Map([
  [401, 'authentication_error'],
  [402, 'insufficient_quota'],
  [403, 'permission_error'],
  [429, 'rate_limit_error'],
])
