/** JSON from outside, before a schema has seen it, and JSON that was kept. No I/O. */
import type { z } from 'zod'

/**
 * How deep arrays and objects may nest. Nothing in any contract comes near it, and a value that nests by the thousand
 * overflows the stack of whatever writes it.
 */
export const maxJsonDepth = 32

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
  const path = deepPath(value, 1)
  return path === null ? null : path.slice(0, keysNamed).join('.')
}

const keysNamed = 4

// It recurses as deep as the limit, not as deep as the value.
function deepPath(value: unknown, depth: number): string[] | null {
  if (typeof value !== 'object' || value === null) return null
  if (depth > maxJsonDepth) return []
  for (const [key, inner] of Object.entries(value)) {
    const path = deepPath(inner, depth + 1)
    if (path !== null) return [key, ...path]
  }
  return null
}

/** JSON from a column. Undefined where it is damaged: one damaged row must not break what reads many. */
export function readKept<T>(schema: z.ZodType<T>, text: string): T | undefined {
  return schema.safeParse(parseJson(text)).data
}
