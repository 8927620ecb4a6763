/**
 * One trace per job, by W3C Trace Context (https://www.w3.org/TR/trace-context/). Reelhook records no spans: it passes the
 * caller's `traceparent` on unchanged, so what a provider or a receiver records belongs to the span of the caller.
 * No I/O. No clock.
 */
import { hexOf } from './id.ts'

interface TracedJob {
  id: string
  /** That of the request. Null: it had none. */
  traceparent: string | null
}

/** A valid header, in the form of version 00. Null: none, or an invalid one, which the standard says to ignore. */
export function readTraceparent(header: string | undefined): string | null {
  const [, version, ids, flags, rest = ''] = traceparentShape.exec(header ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== '')) return null
  return `00-${ids}-${flags}`
}

/** Without a header, the ids are parts of the id of the job, and the trace is sampled. */
export function traceparentOf({ id, traceparent }: TracedJob): string {
  if (traceparent !== null) return traceparent
  const hex = hexOf(id)
  return `00-${hex}-${hex.slice(16)}-01`
}

export function traceIdOf(job: TracedJob): string {
  return traceparentOf(job).slice(3, 35)
}

const traceparentShape = /^([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
