/** `Prefer: wait=N` (RFC 7240) of a request that creates a job. */
import { maxWaitSeconds } from '../../core/schedule/watch.ts'

// A header of many preferences: tokens, each with a value or a quoted one, and parameters after semicolons.
const preference = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;"]*)))?\s*(?:;.*)?$/

/**
 * The seconds of the first `wait`; a longer one is the longest that is possible. Null: there is none, or it is not a whole
 * number of seconds, and RFC 7240 §2 says to ignore what cannot be honored.
 */
export function preferredWait(header: string | undefined): number | null {
  const parts = (header ?? '').split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => preference.exec(part))
  const [, , quoted, plain] = parts.find((part) => part?.[1]?.toLowerCase() === 'wait') ?? []
  const value = quoted ?? plain ?? ''
  return /^\d{1,9}$/.test(value) && Number(value) > 0 ? Math.min(maxWaitSeconds, Number(value)) : null
}
