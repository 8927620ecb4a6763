/** Text from callers: which characters are allowed, and how they are counted. No I/O. No clock. */
import { z } from 'zod'

/** Counts Unicode code points, as the providers' documents and JSON Schema do. */
export function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

interface Length {
  min?: number
  max: number
}

/** A schema for text with a limited length. Zod's `max` counts UTF-16 units, which are two for most emoji. */
export function textOf({ min = 0, max }: Length, schema = z.string()) {
  const error = min > 0 ? `must have ${min} to ${max} characters` : `must have at most ${max} characters`
  return schema
    .refine((text) => countCharacters(text) >= min && countCharacters(text) <= max, { error })
    .meta({ minLength: min, maxLength: max })
}

/** The same, on one line. */
export function nameOf(length: Length) {
  return textOf(length, z.string().trim()).refine((text) => textFault(text, 'name') === null, {
    error: ({ input }) => textFault(String(input), 'name') ?? undefined,
  })
}

/** `text` may contain line breaks and tabs; a `name` may not. */
type TextKind = 'text' | 'name'

export type ValidateText = (text: string, kind: TextKind) => string | null

/** Why this text is refused; null if it is valid. */
export const textFault: ValidateText = (text, kind) => {
  // D1 and every provider use UTF-8, where a lone surrogate silently becomes another character.
  if (!text.isWellFormed()) return 'must not have half a character (a lone surrogate)'
  const control = controls[kind].exec(text)?.[0]
  return control === undefined ? null : `must not have the control character ${codeOf(control)}`
}

/** The same for text that a lenient decoder made from bytes that may not be valid UTF-8. */
export const brokenTextFault: ValidateText = (text, kind) =>
  text.includes('\uFFFD') ? 'is not valid UTF-8' : textFault(text, kind)

const controls: Record<TextKind, RegExp> = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for control characters.
  text: /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/,
  name: /\p{Cc}/u,
}

function codeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}
