import { describe, expect, inject, it } from 'vitest'
import { declaredFrames } from '../../../src/media/metadata/frame-limit.ts'

const picture = Uint8Array.fromBase64(inject('picture'))

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0))
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}

/** A table: its name, version and flags, then its numbers. */
function table(name: string, ...numbers: number[]): Uint8Array {
  return Uint8Array.from([...ascii(name), ...word(0), ...numbers.flatMap(word)])
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const order = table('ctts', 1, 1, 0)

describe('the declared frames of an MP4 are', () => {
  it('those that a real file has', () => {
    // The audio track has 66 packets, the video track 36 frames.
    expect(declaredFrames(picture)).toBe(66)
  })

  it.each([
    [
      'the durations of frames, if the file also reorders them',
      joined(table('stts', 2, 7, 512, 5, 512), order),
      12,
    ],
    ['the entries of a reordering table', table('ctts', 3, 4, 0, 4, 1_024, 4, 0), 12],
    ['the frames in a chunk', table('stsc', 2, 1, 9, 1, 2, 3, 1), 12],
    ['the entries of a compact size table', table('stz2', 4, 1_000), 1_000],
    ['the frames of a fragment', table('trun', 1_000), 1_000],
    ['none in an unrelated box', table('free', 1_000), 0],
  ])('%s', (_, piece, frames) => {
    expect(declaredFrames(piece)).toBe(frames)
  })

  it('none for the samples of an audio track', () => {
    expect(declaredFrames(table('stts', 1, 720_000, 1))).toBe(0)
  })
})

describe('a hostile table', () => {
  it('cannot hide its number after an empty run', () => {
    expect(declaredFrames(joined(order, table('stts', 2, 0, 1, 0xffffffff, 1)))).toBe(0xffffffff)
  })

  it.each(['stts', 'ctts', 'stsc', 'stz2', 'trun'])('may be cut off in the middle: %s', (name) => {
    const whole = table(name, 0xffffffff, 0xffffffff, 0xffffffff)
    for (let length = 0; length <= whole.length; length += 1) {
      expect(declaredFrames(whole.subarray(0, length))).toBeGreaterThanOrEqual(0)
    }
  })

  it('cannot make the count itself take too long', () => {
    const nested = new Uint8Array(1_000_000)
    for (let at = 0; at + 12 <= nested.length; at += 12)
      nested.set([...ascii('ctts'), ...word(0), ...word(0xffff)], at)
    expect(declaredFrames(nested)).toBe(Number.POSITIVE_INFINITY)
  })
})
