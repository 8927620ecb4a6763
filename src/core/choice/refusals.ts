/**
 * A provider that repeatedly refuses submissions is tried last for a while. Refusals in a row are a streak. An accepted
 * submission ends it, and so does a pause. No I/O. No clock.
 */
import { type FaultCode, faultCodes } from '../fault-codes.ts'
import type { Model, ProviderName } from '../request/choices.ts'
import { minutes } from '../schedule/units.ts'

/** Which later jobs will probably be refused too: all at the provider, or those with the same model. */
export type RefusalScope = 'provider' | 'model'

/**
 * The faults that the provider or the account there is the reason for. A fault of a request says nothing about the next
 * request, nor does an unknown outcome. A rate limit shows that the provider works: the submission waits.
 */
const scopes: Partial<Record<FaultCode, RefusalScope>> = {
  auth: 'provider',
  out_of_credit: 'provider',
  maintenance: 'provider',
  unavailable: 'provider',
  not_entitled: 'model',
}

/** Null: it does not count. */
export function refusalScopeOf(code: FaultCode): RefusalScope | null {
  return scopes[code] ?? null
}

/** The faults that count. */
export const refusalCodes: readonly FaultCode[] = faultCodes.filter((code) => scopes[code] !== undefined)

/** How many jobs must be refused in a row. */
export const minRefusedJobs = 3
/** A refusal that comes later than this after the one before begins a new streak. */
export const maxRefusalGapMs = 10 * minutes
/** How long the provider is tried last after its latest refusal. */
export const triedLastMs = 5 * minutes

export interface RefusalStreak {
  provider: ProviderName
  /** Null: all models. */
  model: Model | null
  firstAt: number
  lastAt: number
  /** How many jobs were refused, counted up to `minRefusedJobs`. */
  jobs: number
  /** The fault of the latest refusal. */
  fault: FaultCode
}

export interface TriedLast {
  provider: ProviderName
  model: Model | null
  sinceMs: number
  untilMs: number
  fault: FaultCode
}

/** The streaks because of which their providers are tried last at that time. */
export function triedLast(streaks: readonly RefusalStreak[], nowMs: number): TriedLast[] {
  return streaks
    .filter(({ jobs, lastAt }) => jobs >= minRefusedJobs && nowMs < lastAt + triedLastMs)
    .map(({ provider, model, firstAt, lastAt, fault }) => ({
      provider,
      model,
      sinceMs: firstAt,
      untilMs: lastAt + triedLastMs,
      fault,
    }))
}

/** One entry for each provider and model. Each database has its own streaks: the first one to begin and the last one to end count. */
export function mergedByProvider(found: readonly TriedLast[]): TriedLast[] {
  const groups = Map.groupBy(found, ({ provider, model }) => `${provider} ${model ?? ''}`)
  return [...groups].sort().flatMap(([, ofOne]) => {
    const [latest] = ofOne.toSorted((one, two) => two.untilMs - one.untilMs)
    return latest === undefined
      ? []
      : [{ ...latest, sinceMs: Math.min(...ofOne.map(({ sinceMs }) => sinceMs)) }]
  })
}
