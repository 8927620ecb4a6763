import { describe, expect, inject, it } from 'vitest'
import { declaredFrames } from '../../../src/media/metadata/frame-limit.ts'

const picture = Uint8Array.fromBase64(inject('picture'))

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0))
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}

/** A table: its name, version and flags, and what follows. */
function table(name: string, ...numbers: number[]): Uint8Array {
  return Uint8Array.from([...ascii(name), ...word(0), ...numbers.flatMap(word)])
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const order = table('ctts', 1, 1, 0)

describe('a piece of an MP4 claims', () => {
  it('the frames that it has', () => {
    // Of sound there are 66 packets, of the picture 36 frames.
    expect(declaredFrames(picture)).toBe(66)
  })

  it.each([
    ['lengths, where they are put into an order', joined(table('stts', 2, 7, 512, 5, 512), order), 12],
    ['an order', table('ctts', 3, 4, 0, 4, 1_024, 4, 0), 12],
    ['frames in a chunk', table('stsc', 2, 1, 9, 1, 2, 3, 1), 12],
    ['compact sizes', table('stz2', 4, 1_000), 1_000],
    ['frames of a fragment', table('trun', 1_000), 1_000],
    ['nothing', table('free', 1_000), 0],
  ])('%s', (_, piece, frames) => {
    expect(declaredFrames(piece)).toBe(frames)
  })

  it('no samples of sound as frames', () => {
    expect(declaredFrames(table('stts', 1, 720_000, 1))).toBe(0)
  })
})

describe('a piece made to mislead', () => {
  it('may hide its claim behind a run of none', () => {
    expect(declaredFrames(joined(order, table('stts', 2, 0, 1, 0xffffffff, 1)))).toBe(0xffffffff)
  })

  it.each(['stts', 'ctts', 'stsc', 'stz2', 'trun'])('may end in the middle of %s', (name) => {
    const whole = table(name, 0xffffffff, 0xffffffff, 0xffffffff)
    for (let length = 0; length <= whole.length; length += 1) {
      expect(declaredFrames(whole.subarray(0, length))).toBeGreaterThanOrEqual(0)
    }
  })

  it('may not have its tables counted without end', () => {
    const nested = new Uint8Array(1_000_000)
    for (let at = 0; at + 12 <= nested.length; at += 12)
      nested.set([...ascii('ctts'), ...word(0), ...word(0xffff)], at)
    expect(declaredFrames(nested)).toBe(Number.POSITIVE_INFINITY)
  })
})
