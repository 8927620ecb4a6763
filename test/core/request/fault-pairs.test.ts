/** No fault of a request hides another: each pair of independent faults is reported at once. */
import { describe, expect, it } from 'vitest'
import { requestFields } from '../../../src/core/request/request.ts'
import { aBody, audio, callbackSecret, faultyPaths, image } from './a-request.ts'

interface Fault {
  /** The field that it is reported at. */
  field: string
  body: Record<string, unknown>
  /** It is not known beside a faulty value of these fields. */
  reads?: string[]
  /** Nor beside a value of these that is no text, or no list where it should be one. */
  counts?: string[]
}

/** Values of every JSON type, and those that end the validation of a schema early. None is valid in any field. */
const wrong = [null, 1.5, -1, 1e300, true, {}, { a: {} }, [], [null], [1.5], '', 'wrong', ['wrong'], '\ud800']

/** They are valid for some fields. */
const fieldFaults = Object.keys(requestFields.shape).flatMap((field) =>
  wrong
    .filter((value) => faultyPaths(aBody({ [field]: value })).some((path) => path.split('.')[0] === field))
    .map((value): Fault => ({ field, body: { [field]: value } })),
)

const references = ['reference_images', 'reference_videos', 'reference_audios']
const ruleFaults: Fault[] = [
  { field: 'prompt', body: { prompt: 'A {{imag:1}}' } },
  { field: 'prompt', body: { prompt: 'Like {{image:31}}' }, counts: references },
  { field: 'last_frame', body: { last_frame: image, first_frame: undefined } },
  {
    field: 'first_frame',
    body: { first_frame: image, reference_images: [image] },
    counts: references,
  },
  { field: 'duration', body: { duration: 30 }, reads: ['model'] },
  { field: 'resolution', body: { model: 'seedance-2.0-mini', resolution: '4k' } },
  { field: 'output_format', body: { output_format: 'mov' }, reads: ['model'] },
  { field: 'reference_images', body: { reference_images: Array(10).fill(image) }, reads: ['model'] },
  {
    field: 'reference_audios',
    body: { reference_audios: [audio], reference_images: [], reference_videos: [] },
    reads: ['model'],
  },
  {
    field: 'callback_secret',
    body: { callback_secret: callbackSecret },
    reads: ['callback_url'],
  },
  { field: 'callback_headers', body: { callback_headers: { 'x-a': 'b' } }, reads: ['callback_url'] },
  { field: 'callback_events', body: { callback_format: 'openai', callback_events: ['output.stored'] } },
  { field: 'provider', body: { provider: ['crun', 'simulator'] } },
]
const faults = [...fieldFaults, ...ruleFaults]

function areIndependent({ body, reads = [], counts = [] }: Fault, other: Fault): boolean {
  return Object.entries(other.body).every(([field, value]) => {
    if (field in body || reads.includes(field)) return false
    return (
      !counts.includes(field) ||
      (references.includes(field) ? Array.isArray(value) : typeof value === 'string')
    )
  })
}

describe('a request with two faults', () => {
  it.each(ruleFaults)('has that at $field beside each other one ($body)', (fault) => {
    expect(faultyPaths(aBody(fault.body))).toEqual([fault.field])
    const others = faults.filter((other) => areIndependent(fault, other) && areIndependent(other, fault))
    expect(others.length).toBeGreaterThan(100)
    for (const other of others) {
      const fields = faultyPaths(aBody({ ...fault.body, ...other.body })).map((path) => path.split('.')[0])
      expect(fields, JSON.stringify(other.body)).toEqual(expect.arrayContaining([fault.field, other.field]))
    }
  })

  it('has both if each is in a field of its own', () => {
    for (const one of fieldFaults) {
      for (const other of fieldFaults.filter(({ field }) => field !== one.field)) {
        const fields = faultyPaths(aBody({ ...one.body, ...other.body })).map((path) => path.split('.')[0])
        expect(fields, JSON.stringify([one.body, other.body])).toEqual(
          expect.arrayContaining([one.field, other.field]),
        )
      }
    }
  })
})
