/** JSON from outside, before a schema has seen it, and JSON that was kept. No I/O. */
import type { z } from 'zod'

/**
 * How deep arrays and objects may nest. Nothing in any contract comes near it, and a value that nests by the thousand
 * overflows the stack of whatever writes it.
 */
export const maxJsonDepth = 32

/**
 * How many entries a list or an object of a request may have. No field takes so many, and a schema names the fault of
 * each: half a million faults are more than an isolate can hold.
 */
export const maxJsonEntries = 1_000

/** Undefined where the text is no JSON, or nests deeper than `maxJsonDepth`. */
export function parseJson(text: string): unknown {
  const value = parseDeepJson(text)
  return tooDeepAt(value) === null ? value : undefined
}

/** Undefined where the text is no JSON. The value may nest too deep to be written: see `tooDeepAt`. */
export function parseDeepJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The start of the path to what nests too deep; null where nothing does. */
export function tooDeepAt(value: unknown): string | null {
  return pathTo(value, (_, depth) => depth > maxJsonDepth)
}

/** The same for a list or an object with more than `maxJsonEntries`, in a value that does not nest too deep. */
export function tooManyAt(value: unknown): string | null {
  return pathTo(value, (entries) => entries.length > maxJsonEntries)
}

type Entries = [key: string, inner: unknown][]

function pathTo(value: unknown, isIt: (entries: Entries, depth: number) => boolean): string | null {
  const path = keysTo(value, isIt, 1)
  return path === null ? null : path.slice(0, keysNamed).join('.')
}

const keysNamed = 4

// It recurses as deep as the limit of depth, not as deep as the value.
function keysTo(
  value: unknown,
  isIt: (entries: Entries, depth: number) => boolean,
  depth: number,
): string[] | null {
  if (typeof value !== 'object' || value === null) return null
  const entries = Object.entries(value)
  if (isIt(entries, depth)) return []
  for (const [key, inner] of entries) {
    const path = keysTo(inner, isIt, depth + 1)
    if (path !== null) return [key, ...path]
  }
  return null
}

/** JSON from a column. Undefined where it is damaged: one damaged row must not break what reads many. */
export function readKept<T>(schema: z.ZodType<T>, text: string): T | undefined {
  return schema.safeParse(parseJson(text)).data
}
