/** Every kind of issue that the schemas of the API can have, in the words of a fault: it continues the name of the field. */
import { z } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import { fieldFaults } from '../../src/api/problems.ts'

const form = z.object({ type: z.literal('image_url') })
const other = z.object({ type: z.literal('frame') })

const cases: [message: string, schema: z.ZodType, value: unknown][] = [
  ['is required', z.string(), undefined],
  ['is required', z.enum(['a', 'b']), undefined],
  ['is required', z.union([z.string(), z.int()]), undefined],
  ['must be a string', z.string(), null],
  ['must be a number', z.number(), 'many'],
  ['must be a number', z.coerce.number(), 'many'],
  ['must be a whole number', z.int(), 1.5],
  ['must be a whole number', z.coerce.number().int(), '1.5'],
  ['must be true or false', z.boolean(), 'yes'],
  ['must be a list', z.array(z.string()), 'one'],
  ['must be an object', z.object({}), 'text'],
  ['must be an object', z.record(z.string(), z.string()), []],
  ['must be event', z.literal('event'), 'x'],
  ['must be one of mp4, mov', z.enum(['mp4', 'mov']), 'avi'],
  ['must be at least 60', z.int().min(60), 59],
  ['must be more than 0', z.number().positive(), 0],
  ['must be at most 604,800', z.int().max(604_800), 700_000],
  ['must be less than 1', z.number().lt(1), 1],
  ['must not be empty', z.string().min(1), ''],
  ['must not be empty', z.array(z.string()).min(1), []],
  ['must have at least 3 characters', z.string().min(3), 'ab'],
  ['must have at most 1 character', z.string().max(1), 'ab'],
  ['must have exactly 2 characters', z.string().length(2), 'abc'],
  ['must have at most 2 items', z.array(z.int()).max(2), [1, 2, 3]],
  ['must match /^\\d+$/', z.string().regex(/^\d+$/), 'x'],
  ['must be in whole tens', z.string().regex(/0$/, 'must be in whole tens'), '11'],
  [
    'must be a date and time of ISO 8601, such as 2026-11-30T12:00:00Z',
    z.iso.datetime({ offset: true }),
    'now',
  ],
  ['must be a URL', z.url(), 'x'],
  ['must be in the format email', z.email(), 'x'],
  ['must be a multiple of 5', z.int().multipleOf(5), 6],
  ['must be 60 or 300', z.union([z.literal(60), z.literal(300)]), 61],
  ['must be a string or a list', z.union([z.string(), z.array(z.string())]), 1],
  [
    'has none of the allowed forms',
    z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]),
    { a: 'x' },
  ],
  ['is not valid', z.string().refine(() => false), 'x'],
]

describe('a fault of a field', () => {
  it.each(cases)('%s', (message, schema, value) => {
    const { error } = z.object({ field: schema }).safeParse({ field: value })
    expect(error && fieldFaults(error)).toEqual([{ path: 'field', message }])
  })

  it('names the forms that a field chooses between', () => {
    const { error } = z.discriminatedUnion('type', [form, other]).safeParse({ type: 'x' })
    expect(error && fieldFaults(error)).toEqual([
      { path: 'type', message: 'must be one of image_url, frame' },
    ])
  })

  it('says that a field is not known, and what its name breaks', () => {
    const { error } = z.strictObject({}).safeParse({ promt: 'x' })
    expect(error && fieldFaults(error)).toEqual([{ path: 'promt', message: 'is not a known field' }])
    const names = z.record(z.string().max(2), z.string()).safeParse({ abc: 'x' })
    expect(names.error && fieldFaults(names.error)).toEqual([
      { path: 'abc', message: 'has a name that must have at most 2 characters' },
    ])
  })
})
