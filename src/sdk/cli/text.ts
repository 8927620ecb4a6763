/** Text on a terminal. No I/O. */
import { formatDuration } from '../../core/format.ts'

/**
 * A prompt, a file name or an answer of a provider may contain control characters, which a terminal obeys, and marks that
 * turn the direction of writing. They are replaced.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, ' ')
}

/** `$0.9` → `$0.90`. In the texts of the API amounts are plain numbers. A smaller part of a cent stays. */
export function withCents(text: string): string {
  return text.replaceAll(/\$(\d+)(?:\.(\d+))?\b(?!,\d)/g, (_, whole: string, part = '') => {
    return `$${whole}.${String(part).padEnd(2, '0')}`
  })
}

/** How many columns it takes on a terminal. Colors take none. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text.replaceAll(colors, '')) columns += columnsOfCharacter(character)
  return columns
}

/** Cut to this many columns, with an ellipsis. The text has no colors. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  let kept = ''
  let used = 1
  for (const character of text) {
    used += columnsOfCharacter(character)
    if (used > columns) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}

/** Broken at spaces into lines of at most this many columns; a longer word stays whole, so that it can be copied. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text
}

/** The largest unit only: `42 s`, `3 min`, `2 h`, `5 d`. */
export function ageOf(createdAt: string, nowMs: number): string {
  const wholeSeconds = Math.max(1, Math.floor((nowMs - Date.parse(createdAt)) / 1_000))
  const [count, unit] = formatDuration(wholeSeconds * 1_000).split(' ')
  return `${count} ${unit}`
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what begins a color.
const colors = /\u001B\[[\d;]*m/g

const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFF0}]/u

function columnsOfCharacter(character: string): number {
  if (/[\p{M}\p{Cf}]/u.test(character)) return 0
  return wide.test(character) ? 2 : 1
}
