/**
 * The two forms of fal's errors: a model's, whose `detail` is a list of typed errors ("Model Errors"), and those of the
 * infrastructure, with an `error_type` ("Request Error Types"). A text in `detail` alone is a refusal of the queue itself.
 */
import { z } from 'zod'
import { type Fault, fail } from '../../core/fault.ts'
import { failureCodeIn, failureFault } from '../failure.ts'
import { lenient, text } from '../lenient.ts'

export const provider = 'fal'

export interface FalError {
  type: string
  message: string
  /** Whether the request itself failed with it, and not the call that returned it. */
  isOfRequest: boolean
}

/** Null: the body is not an error of fal. */
export function errorIn(body: unknown): FalError | null {
  const { data } = errorSchema.safeParse(body)
  if (data?.detail == null && data?.error_type == null) return null
  const { detail, error_type: type } = data
  // `input` and `ctx` repeat the caller's content, so they are left out.
  if (Array.isArray(detail)) {
    const errors = detail.flat()
    const message = errors.map(({ msg }) => msg ?? '').join('; ')
    return { type: type ?? errors[0]?.type ?? '', message, isOfRequest: errors.length > 0 }
  }
  return { type: type ?? '', message: detail ?? '', isOfRequest: type != null }
}

/** How a request failed. `client_cancelled` counts as canceled, and `content_policy_violation` as moderated. */
export function requestFault({ type, message }: Pick<FalError, 'type' | 'message'>): Fault {
  const code = failureCodeIn(`${type} ${message}`)
  return failureFault(provider, code, type, { code: type, message })
}

/** For an id that does not have the form of fal's tasks. */
export function unknownTask() {
  return fail('task_lost', 'fal has no task with this id.')
}

const detailSchema = z.object({ type: text, msg: text })

const errorSchema = z.object({
  detail: lenient(
    z.union([
      z.string(),
      z.array(z.union([detailSchema.transform((one) => [one]), z.unknown().transform(() => [])])),
    ]),
  ),
  error_type: text,
})
