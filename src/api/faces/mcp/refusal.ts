/** A refused call, as an agent reads it: every fault, and what to do about it. */
import type { CallToolResult } from '@modelcontextprotocol/server'
import { explanations } from '../../docs/explanations.ts'
import type { Problem } from '../../in-process.ts'
import { type FieldFault, problemKinds } from '../../problems.ts'

/** `retryAfter`: in seconds. */
export type Refusal = Pick<Problem, 'code' | 'title' | 'detail' | 'errors'> & {
  retryAfter?: string | undefined
}

export function invalid(errors: FieldFault[]): { ok: false; refusal: Refusal } {
  const { title } = problemKinds.invalid_request
  const detail = 'Nothing was done and nothing was spent.'
  return { ok: false, refusal: { code: 'invalid_request', title, detail, errors } }
}

export function toolError(refusal: Refusal): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: refusalText(refusal) }] }
}

export function refusalText({ code, title, detail, errors = [], retryAfter }: Refusal): string {
  const faults = errors.map(({ path, message }) => `- ${path === '' ? 'arguments' : path}: ${message}`)
  const lines = [`${title}. ${detail}`, ...faults, `What to do: ${explanations[code].remedy} [${code}]`]
  return inToolWords(lines.join('\n'), retryAfter === undefined ? 'some seconds' : `${retryAfter} seconds`)
}

/** The texts of /v1, with the names that the tools have. */
function inToolWords(text: string, wait: string): string {
  const named = words.reduce((before, [word, own]) => before.replaceAll(word, own), text)
  return named.replaceAll('the seconds in Retry-After', wait)
}

const words = [
  [/idempotency-key/gi, 'idempotency_key'],
  [/(?:GET )?\/v1\/models/g, 'list_models'],
  [/POST \/v1\/jobs\/(?:\{id\}|:id)\/cancel/g, 'cancel_job'],
  [/GET \/v1\/jobs\/(?:\{id\}|:id)/g, 'get_job'],
  [/GET \/v1\/jobs/g, 'list_jobs'],
  [/repeated POST/g, 'repeated create_video'],
  [/POST of a job/g, 'create_video'],
] as const
