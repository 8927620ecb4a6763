/** The duration of a WAV, compared with the one that mediabunny reads. */
import { BufferSource, Input, WAVE } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { wavSeconds } from '../../../src/media/metadata/wav-duration.ts'
import { bytesIn, joined } from '../../support/assets.ts'

interface Wav {
  tag: number
  bits: number
  channels: number
  /** The bytes of the format: 16, 18 or 40. */
  formatBytes: number
  /** The bytes of sound. */
  bytes: number
  /** The bytes of sound according to the header. */
  declaredBytes: number
  /** Chunks before the sound, by their sizes. */
  otherChunks: number[]
}

const extended = { tag: 0xfffe, formatBytes: 40 }

describe('the duration of a WAV is read', () => {
  it.each<[string, Partial<Wav>]>([
    ['of 8 bits', {}],
    ['of 24 bits in stereo, with half a frame at its end', { bits: 24, channels: 2, bytes: 60_003 }],
    ['of floating point', { tag: 3, bits: 32 }],
    ['in A-law', { tag: 6 }],
    ['in µ-law', { tag: 7, formatBytes: 18 }],
    ['with six channels', { ...extended, bits: 16, channels: 6, bytes: 120_000 }],
    ['after chunks of odd and even sizes', { otherChunks: [3, 100, 7] }],
    ['that was cut off', { declaredBytes: 50_000 }],
    ['of unknown length', { declaredBytes: 0xffff_ffff }],
  ])('%s', async (_, wav) => {
    const file = aWav(wav)
    const input = new Input({ formats: [WAVE], source: new BufferSource(file) })
    const [audio] = await input.getAudioTracks()
    const seconds = await audio?.getDurationFromMetadata()
    expect(seconds).toBeGreaterThan(0)
    expect(await secondsOf(file)).toBe(seconds)
  })
})

describe('the duration is null for a WAV', () => {
  it.each<[string, Partial<Wav>]>([
    ['with compressed sound', { tag: 2, bits: 4 }],
    ['with compressed sound in an extended format', { tag: 0x11, formatBytes: 40 }],
    ['whose format is too short', { formatBytes: 14 }],
  ])('%s', async (_, wav) => {
    expect(await secondsOf(aWav(wav))).toBeNull()
  })

  it('without sound', async () => {
    expect(await secondsOf(aWav({}).subarray(0, 36))).toBeNull()
  })
})

function secondsOf(file: Uint8Array) {
  return wavSeconds(async (from, to) => file.subarray(from, to), file.length)
}

function aWav(overrides: Partial<Wav>): Uint8Array<ArrayBuffer> {
  const wav = { tag: 1, bits: 8, channels: 1, formatBytes: 16, bytes: 10_000, otherChunks: [], ...overrides }
  const sound = chunk('data', new Uint8Array(wav.bytes), overrides.declaredBytes)
  const others = wav.otherChunks.map((bytes) => chunk('junk', new Uint8Array(bytes)))
  const chunks = joined([chunk('fmt ', formatOf(wav)), ...others, sound])
  return joined([bytesIn('RIFF'), numberOf(chunks.length + 4), bytesIn('WAVE'), chunks])
}

function formatOf({ tag, bits, channels, formatBytes }: Omit<Wav, 'declaredBytes'>): Uint8Array<ArrayBuffer> {
  const bytesPerFrame = (channels * bits) / 8
  const format = new DataView(new ArrayBuffer(40))
  format.setUint16(0, tag, true)
  format.setUint16(2, channels, true)
  format.setUint32(4, 8_000, true)
  format.setUint32(8, 8_000 * bytesPerFrame, true)
  format.setUint16(12, bytesPerFrame, true)
  format.setUint16(14, bits, true)
  format.setUint16(16, formatBytes - 18, true)
  format.setUint16(24, 1, true)
  return new Uint8Array(format.buffer, 0, formatBytes)
}

function chunk(name: string, content: Uint8Array<ArrayBuffer>, declaredBytes = content.length) {
  return joined([bytesIn(name), numberOf(declaredBytes), content, new Uint8Array(content.length % 2)])
}

function numberOf(value: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, value, true)
  return new Uint8Array(view.buffer)
}
