/** Parses untrusted JSON before a schema checks it, and JSON from the database. No I/O. */
import { z } from 'zod'

/**
 * The deepest nesting of arrays and objects. No contract comes close to it, and a value that is nested thousands deep
 * overflows the stack when it is serialized.
 */
export const maxJsonDepth = 32

/**
 * The most entries of a list or an object in a request. No field takes that many, and a schema reports a fault for each
 * entry: half a million faults do not fit into an isolate.
 */
export const maxJsonEntries = 1_000

/** Undefined if the text is not JSON, or is nested deeper than `maxJsonDepth`. */
export function parseJson(text: string): unknown {
  const value = parseDeepJson(text)
  return tooDeepAt(value) === null ? value : undefined
}

/** Undefined if the text is not JSON. The value may be nested too deep to serialize: see `tooDeepAt`. */
export function parseDeepJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The first keys of the path to a value that is nested too deep; null if there is none. */
export function tooDeepAt(value: unknown): string | null {
  return pathTo(value, (_, depth) => depth > maxJsonDepth)
}

/** The same for a list or an object with more than `maxJsonEntries`. The value must not be nested too deep. */
export function tooManyAt(value: unknown): string | null {
  return pathTo(value, (entries) => entries.length > maxJsonEntries)
}

type Entries = [key: string, inner: unknown][]

function pathTo(value: unknown, isMatch: (entries: Entries, depth: number) => boolean): string | null {
  const path = keysTo(value, isMatch, 1)
  return path === null ? null : path.slice(0, maxPathKeys).join('.')
}

const maxPathKeys = 4

// The recursion stops at the depth limit, however deep the value is.
function keysTo(
  value: unknown,
  isMatch: (entries: Entries, depth: number) => boolean,
  depth: number,
): string[] | null {
  if (typeof value !== 'object' || value === null) return null
  const entries = Object.entries(value)
  if (isMatch(entries, depth)) return []
  for (const [key, inner] of entries) {
    const path = keysTo(inner, isMatch, depth + 1)
    if (path !== null) return [key, ...path]
  }
  return null
}

/** JSON from a column. Undefined if it has none, or is damaged: one damaged row must not break a query that reads many. */
export function readStored<T>(schema: z.ZodType<T>, text: string | null): T | undefined {
  return text === null ? undefined : schema.safeParse(parseJson(text)).data
}

/**
 * A stored list of names. Those that a newer release stored before a rollback are left out, so that the others still apply
 * until that release is back.
 */
export function storedNames<Name extends string>(known: readonly Name[]): z.ZodType<Name[]> {
  const isKnown = (name: string): name is Name => known.some((one) => one === name)
  return z.array(z.string()).transform((names) => names.filter(isKnown))
}

/** A JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
