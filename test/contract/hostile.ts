/** Values that programs handle badly. The schema decides which of them break it. */
import { textFault } from '../../src/core/request/text.ts'
import { isValid, type JsonSchema } from './schema.ts'

export interface Hostile {
  /** The schema refuses them, or their text is not allowed anywhere: the Worker must refuse them too. */
  refused: unknown[]
  /** The schema allows them. The Worker may know better. */
  allowed: unknown[]
}

const cache = new WeakMap<JsonSchema, Hostile>()

export function hostileValues(schema: JsonSchema): Hostile {
  const known = cache.get(schema)
  if (known !== undefined) return known
  const candidates = [...specialTo(schema), ...anywhere]
  const isRefused = (value: unknown) => isBrokenText(value) || !isValid(schema, value)
  const hostile = {
    refused: candidates.filter(isRefused),
    allowed: candidates.filter((value) => !isRefused(value)),
  }
  cache.set(schema, hostile)
  return hostile
}

/** No text may have half a character or a control character, which JSON Schema cannot say. */
export function isBrokenText(value: unknown): boolean {
  return typeof value === 'string' && textFault(value, 'text') !== null
}

export function nested(depth: number): unknown {
  let value: unknown = 'deep'
  for (let n = 0; n < depth; n++) value = [value]
  return value
}

/** The names that objects have by themselves, as a field of its own. */
export function withOwn(name: string, value: unknown, object: object = {}): object {
  return Object.defineProperty({ ...object }, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

export const hostileTexts = [
  '',
  ' ',
  'NaN',
  'Infinity',
  'null',
  'undefined',
  'true',
  '0',
  '-1',
  '1e3',
  '0x10',
  '١٢',
  '__proto__',
  'constructor',
  'toString',
  'a\u0000b',
  '\u001b[31m',
  'a\ud800b',
  '\udc00',
  '\u202Eabc\u202C',
  '\uFEFF',
  '👩‍👩‍👧‍👦',
  'e\u0301\u0323',
  '../../etc/passwd',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '{{7*7}}',
]

const anywhere: unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  // Written as 1e400, which JSON allows.
  Number.POSITIVE_INFINITY,
  5e-324,
  ...hostileTexts,
  [],
  [null],
  ['', ''],
  {},
  { '': '' },
  withOwn('__proto__', { admin: true }),
  { constructor: { prototype: {} }, toString: null },
  { length: 5 },
  nested(20),
]

function specialTo(schema: JsonSchema): unknown[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength } = schema
  const bounds = [minimum, maximum, exclusiveMinimum, exclusiveMaximum].filter((bound) => bound !== undefined)
  return [
    ...bounds.flatMap((bound) => [bound - 1, bound, bound + 1, bound + 0.5, String(bound)]),
    ...(minLength === undefined || minLength < 1 ? [] : ['x'.repeat(minLength - 1)]),
    ...(maxLength === undefined ? [] : longTexts(maxLength)),
    ...choicesIn(schema).flatMap(nearText),
    ...(schema.type?.includes('array') ? lists(schema) : []),
    ...(schema.maxProperties === undefined
      ? []
      : [fieldsOf(schema.maxProperties), fieldsOf(schema.maxProperties + 1)]),
    ...(schema.format === undefined ? [] : (nearFormats[schema.format] ?? [])),
  ]
}

function longTexts(max: number): string[] {
  // JSON Schema counts characters; most of its validators, and JavaScript, count UTF-16 units.
  const exact = max <= 1_000 ? ['👩'.repeat(max), '👩'.repeat(max + 1), 'x'.repeat(max)] : []
  return [...exact, 'x'.repeat(max + 1)]
}

function choicesIn(schema: JsonSchema): unknown[] {
  return [...(schema.enum ?? []), ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(choicesIn)]
}

function nearText(choice: unknown): unknown[] {
  return typeof choice === 'string'
    ? [choice.toUpperCase(), ` ${choice}`, `${choice}\n`, [choice, choice], { [choice]: choice }]
    : [String(choice), [choice]]
}

function lists({ items = {}, minItems = 0, maxItems }: JsonSchema): unknown[] {
  const [item = 'x'] = [...(items.enum ?? []), items.example].filter((value) => value !== undefined)
  const ofLength = (length: number) => Array.from({ length }, () => item)
  return [
    ...(minItems > 0 ? [ofLength(minItems - 1)] : []),
    ...(maxItems === undefined ? [] : [ofLength(maxItems), ofLength(maxItems + 1), ofLength(999)]),
  ]
}

function fieldsOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-field-${n}`, 'x']))
}

const nearFormats: Record<string, string[]> = {
  'date-time': [
    'yesterday',
    '2026-11-20',
    '2026-11-20T00:00:00',
    '2026-13-45T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-11-20T25:00:00Z',
    '2026-11-20 00:00:00Z',
    '1763596800',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '+275760-09-13T00:00:00.000Z',
  ],
  uri: [
    'no url',
    '/hook',
    'https://',
    'javascript:alert(1)',
    'http://caller.test/hook',
    'ftp://caller.test/hook',
    'https://user:password@caller.test/hook',
    'https://127.0.0.1/hook',
    'https://[::1]/hook',
    'https://169.254.169.254/latest',
    'https://localhost/hook',
    'https://caller.test:99999/',
    'https://caller.test/#fragment',
    `https://caller.test/${'x'.repeat(2_100)}`,
  ],
}
