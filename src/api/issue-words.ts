/**
 * Zod's issues in the words of the other faults: each continues the name of its field, such as "count must be at most 4".
 * A message that a schema has of its own comes first.
 */
import type { z } from '@hono/zod-openapi'

export function wordsOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && asksForValue.includes(issue.code)) return 'is required'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? `of the type ${issue.expected}`}`
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`
    case 'too_small':
      return bound(issue, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least')
    case 'too_big':
      return bound(issue, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most')
    case 'invalid_format':
      return issue.format === 'regex'
        ? `must match ${issue.pattern}`
        : `must be ${formats[issue.format] ?? `in the format ${issue.format}`}`
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      // Each gets a fault of its own (problems.ts).
      return undefined
    case 'invalid_key':
      return 'has an invalid name'
    case 'invalid_union':
      return unionWords(issue)
    case 'invalid_element':
      return 'has an invalid item'
    case 'custom':
      return 'is not valid'
  }
}

const asksForValue = ['invalid_type', 'invalid_value', 'invalid_union']

const types: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

const formats: Record<string, string> = {
  datetime: 'a date and time of ISO 8601, such as 2026-11-30T12:00:00Z',
  url: 'a URL',
}

function bound(
  { origin, exact }: { origin: string; exact?: boolean },
  limit: number,
  comparison: string,
): string {
  const unit = units[origin]
  const limitText = limit.toLocaleString('en-US')
  if (unit === undefined) return `must be ${comparison} ${limitText}`
  if (limit === 1 && comparison === 'at least') return 'must not be empty'
  return `must have ${exact ? 'exactly' : comparison} ${limitText} ${unit}${limit === 1 ? '' : 's'}`
}

const units: Record<string, string> = { string: 'character', array: 'item' }

interface UnionIssue {
  errors?: z.core.$ZodIssue[][]
  /** The allowed values of the field that decides which alternative it is. */
  options?: unknown
}

/** The alternatives, unless they are about parts of the value. */
function unionWords({ errors = [], options }: UnionIssue): string {
  if (Array.isArray(options)) return `must be one of ${options.map(String).join(', ')}`
  const first = errors.flatMap(([issue]) => (issue === undefined ? [] : [issue]))
  const messages = [...new Set(first.map(({ message }) => message))]
  const isPlain = first.every(({ path, message }) => path.length === 0 && message.startsWith(mustBe))
  if (messages.length === 0 || !isPlain) return 'has none of the allowed forms'
  return `${mustBe}${messages.map((message) => message.slice(mustBe.length)).join(' or ')}`
}

const mustBe = 'must be '
