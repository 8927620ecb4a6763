import { TypeID } from 'typeid-js'
import { describe, expect, it } from 'vitest'
import { newId } from '../../src/core/id.ts'
import { readTraceparent, traceIdOf, traceparentOf } from '../../src/core/trace.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const valid = `00-${traceId}-${spanId}-01`

describe('a traceparent header', () => {
  it.each([valid, `00-${traceId}-${spanId}-00`, `00-${traceId}-${spanId}-03`])(
    'is passed on: %s',
    (header) => {
      expect(readTraceparent(header)).toBe(header)
    },
  )

  it('of a later version is passed on in the form of version 00', () => {
    expect(readTraceparent(`cc-${traceId}-${spanId}-01`)).toBe(valid)
    expect(readTraceparent(`cc-${traceId}-${spanId}-01-what-comes-later`)).toBe(valid)
  })

  it.each([
    undefined,
    '',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `${valid}-more`,
    `${valid}.`,
    `${valid},${valid}`,
    valid.toUpperCase(),
    valid.slice(0, -1),
    `cc-${traceId}-${spanId}-01more`,
    ` ${valid}\n`,
  ])('is ignored if it is invalid: %j', (header) => {
    expect(readTraceparent(header)).toBeNull()
  })
})

describe('the trace of a job', () => {
  it('is one for any id, so that a damaged row breaks no list', () => {
    const traceIds = ['', 'job_x', `job_${'9'.repeat(26)}`, `job_${'!'.repeat(40)}`].map((id) =>
      traceIdOf({ id, traceparent: null }),
    )
    for (const traceId of traceIds) expect(traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  it('is that of its request', () => {
    const job = { id: newId('job'), traceparent: valid }
    expect([traceparentOf(job), traceIdOf(job)]).toEqual([valid, traceId])
  })

  it('is otherwise its own, valid, and the same at each call', () => {
    const jobs = Array.from({ length: 100 }, () => ({ id: newId('job', 3), traceparent: null }))
    const headers = jobs.map(traceparentOf)
    expect(headers.map(readTraceparent)).toEqual(headers)
    expect(jobs.map(traceparentOf)).toEqual(headers)
    expect(new Set(jobs.map(traceIdOf)).size).toBe(100)
    const uuids = jobs.map(({ id }) => TypeID.fromString(id).toUUID().replaceAll('-', ''))
    expect(jobs.map(traceIdOf)).toEqual(uuids)
  })
})
