/** The characters of what callers send: which ones are taken, and how they are counted. No I/O. No clock. */
import { z } from 'zod'

/** Unicode code points: that is what the providers' documents and JSON Schema count. */
export function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

interface Length {
  min?: number
  max: number
}

/** A schema for text of so many characters. Zod's own limits count UTF-16 units: two for most emoji. */
export function textOf({ min = 0, max }: Length, schema = z.string()) {
  const error = min > 0 ? `must have ${min} to ${max} characters` : `must have at most ${max} characters`
  return schema
    .refine((text) => countCharacters(text) >= min && countCharacters(text) <= max, { error })
    .meta({ minLength: min, maxLength: max })
}

/** The same in one line. */
export function nameOf(length: Length) {
  return textOf(length, z.string().trim()).refine((text) => textFault(text, 'name') === null, {
    error: ({ input }) => textFault(String(input), 'name') ?? undefined,
  })
}

/** `text` may have line breaks and tabs; a `name` may not. */
type TextKind = 'text' | 'name'

export type ValidateText = (text: string, kind: TextKind) => string | null

/** Why this text is not taken; null where it is. */
export const textFault: ValidateText = (text, kind) => {
  // In UTF-8, which D1 and every provider take, a lone surrogate becomes another character without a word.
  if (!text.isWellFormed()) return 'must not have half a character (a lone surrogate)'
  const control = controls[kind].exec(text)?.[0]
  return control === undefined ? null : `must not have the control character ${codeOf(control)}`
}

/** The same for text that was read leniently from bytes that are not valid UTF-8. */
export const brokenTextFault: ValidateText = (text, kind) =>
  text.includes('\uFFFD') ? 'is not valid UTF-8' : textFault(text, kind)

const controls: Record<TextKind, RegExp> = {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
  text: /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/,
  name: /\p{Cc}/u,
}

function codeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}
