/** Reading a body up to a limit, with and without a stated length. */
import { describe, expect, it } from 'vitest'
import { readBounded } from '../../../src/core/http/read-bounded.ts'

const maxBytes = 10

/** A body that comes in these pieces, and then ends or breaks. Its reader may stop before. */
function aBody(pieces: string[], end: 'ends' | 'breaks' = 'ends') {
  const seen = { pulls: 0, isCanceled: false }
  const rest = [...pieces]
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.pulls += 1
        const piece = rest.shift()
        if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece))
        else if (end === 'ends') controller.close()
        else controller.error(new Error('the connection broke'))
      },
      cancel() {
        seen.isCanceled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

async function read(body: ReadableStream | string | null, headers: Record<string, string> = {}) {
  const bytes = await readBounded(new Response(body, { headers }), maxBytes)
  return typeof bytes === 'string' ? bytes : { text: new TextDecoder().decode(bytes) }
}

const stated = (length: number) => ({ 'content-length': String(length) })

describe.each([
  ['with a stated length', (length: number) => stated(length)],
  ['without one', () => ({})],
  ['with the length of its encoded form', () => ({ ...stated(1), 'content-encoding': 'gzip' })],
])('a body %s', (_, headersOf) => {
  it('is read whole, up to the limit', async () => {
    expect(await read(aBody(['01234', '56789']).body, headersOf(10))).toEqual({ text: '0123456789' })
    expect(await read(aBody([]).body, headersOf(0))).toEqual({ text: '' })
    expect(await read(null, headersOf(0))).toEqual({ text: '' })
  })

  it('is unreadable if its connection breaks', async () => {
    expect(await read(aBody(['01234'], 'breaks').body, headersOf(10))).toBe('unreadable_body')
  })

  it('is too large if it is longer than the limit, whatever its headers say', async () => {
    expect(await read(aBody(['0123456789', '0']).body, headersOf(5))).toBe('too_large')
  })
})

it('is not read at all if its stated length is above the limit', async () => {
  const { body, seen } = aBody(['0'])
  expect(await read(body, stated(11))).toBe('too_large')
  expect(seen.pulls).toBe(0)
})

it('is read no further than to the limit', async () => {
  const { body, seen } = aBody(['0123456789', '0', '0', '0'])
  expect(await read(body)).toBe('too_large')
  expect(seen).toEqual({ pulls: 2, isCanceled: true })
})
