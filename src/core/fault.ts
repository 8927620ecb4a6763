/** A fault: an expected failure as data. No I/O. No clock. */
import { z } from 'zod'
import { type FaultCode, faultCodes } from './fault-codes.ts'
import { readStored } from './http/json.ts'
import { withoutOwnTokens } from './url/without-tokens.ts'

export * from './fault-codes.ts'

const evidenceSchema = z.object({
  /** The HTTP status of the response, or the provider's own status. */
  status: z.union([z.number(), z.string()]).nullish(),
  /** The provider's own code. */
  code: z.union([z.number(), z.string()]).nullish(),
  /** The provider's own name of the failure. */
  name: z.string().nullish(),
  /** The provider's own words. */
  message: z.string().nullish(),
  /** The error that the runtime or the network threw. */
  error: z.string().nullish(),
})

/** For people that analyze a fault. No code branches on it. */
export type Evidence = z.infer<typeof evidenceSchema>

const faultSchema = z.object({
  code: z.enum(faultCodes),
  /** What happened, for the caller. Never holds a secret, a prompt or a URL's query. */
  message: z.string(),
  /** Stored, never shown or logged. */
  evidence: evidenceSchema.exactOptional(),
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfterMs: z.number().exactOptional(),
  /** How often the provider denied each task id that a webhook named: the memory of a search for a lost submission. */
  deniedTaskIds: z.record(z.string(), z.number()).exactOptional(),
  /** Since when the provider's whole list lacks the task, in milliseconds since 1970: the memory of the same search. */
  unlistedSince: z.number().exactOptional(),
  /** This deployment was in trouble. It says nothing about the provider. */
  isOurs: z.literal(true).exactOptional(),
})

export type Fault = z.infer<typeof faultSchema>

/**
 * A fault as JSON, to be stored. Its evidence has a provider's words, which may repeat a URL of ours: the signature or
 * token in that URL is not stored.
 */
export function writeFault(fault: Fault | null): string | null {
  return fault === null ? null : withoutOwnTokens(JSON.stringify(fault))
}

/** A stored fault. Null where there is none, or where it is damaged. */
export function readFault(json: string | null): Fault | null {
  return readStored(faultSchema, json) ?? null
}

export type Result<T> = { ok: true; value: T } | { ok: false; fault: Fault }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail(code: FaultCode, message: string, details?: FaultDetails): { ok: false; fault: Fault } {
  return { ok: false, fault: fault(code, message, details) }
}

interface FaultDetails {
  evidence?: Evidence
  retryAfterMs?: number | undefined
  deniedTaskIds?: Record<string, number>
  isOurs?: true | undefined
}

export function fault(code: FaultCode, message: string, details: FaultDetails = {}): Fault {
  const { evidence, retryAfterMs, deniedTaskIds, isOurs } = details
  return {
    code,
    message,
    ...(evidence && { evidence }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(deniedTaskIds && { deniedTaskIds }),
    ...(isOurs && { isOurs }),
  }
}
