/** Builds audio files of any duration; they contain silence. */
import { bytesIn, joined } from '../support/assets.ts'

const samplesPerSecond = 8_000

/** PCM with one byte per sample, exact to an eighth of a millisecond. */
export function aWav(seconds: number): Uint8Array<ArrayBuffer> {
  const samples = Math.round(seconds * samplesPerSecond)
  const header = new DataView(new ArrayBuffer(28))
  header.setUint32(0, 16, true)
  header.setUint16(4, 1, true)
  header.setUint16(6, 1, true)
  header.setUint32(8, samplesPerSecond, true)
  header.setUint32(12, samplesPerSecond, true)
  header.setUint16(16, 1, true)
  header.setUint16(18, 8, true)
  header.setUint32(20, 0x61746164, true)
  header.setUint32(24, samples, true)
  const riff = new DataView(new ArrayBuffer(4))
  riff.setUint32(0, 4 + 4 + header.byteLength + samples, true)
  return joined([
    bytesIn('RIFF'),
    new Uint8Array(riff.buffer),
    bytesIn('WAVEfmt '),
    new Uint8Array(header.buffer),
    new Uint8Array(samples).fill(128),
  ])
}

/** Frames of 36 ms and 144 bytes each (ISO/IEC 11172-3: layer III, 32 kbit/s, 32 kHz, one channel), without a tag. */
export function anMp3(frames: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(frames * 144)
  for (let frame = 0; frame < frames; frame += 1) file.set([0xff, 0xfb, 0x18, 0xc0], frame * 144)
  return file
}

// Seconds per frame: layer III at 44.1 kHz has 1152 samples in each.
export const perFrame = 1_152 / 44_100

/** Bit rates of `count` frames, in kilobits per second. */
export function frames(count: number, kbits: 32 | 64 | 128 | 320): number[] {
  return Array.from({ length: count }, () => kbits)
}

const rateCodes: Record<number, number> = { 32: 0x10, 64: 0x50, 128: 0x90, 320: 0xe0 }

/** An MP3 whose frames have these bit rates. */
export function mp3Of(rates: readonly number[]): Uint8Array<ArrayBuffer> {
  return joined(
    rates.map((kbits) => {
      const frame = new Uint8Array(Math.floor((144_000 * kbits) / 44_100))
      frame.set([0xff, 0xfb, rateCodes[kbits] ?? 0, 0xc0])
      return frame
    }),
  )
}

/** A frame that declares how many follow. */
export function xing(count: number): Uint8Array<ArrayBuffer> {
  const frame = mp3Of([64])
  frame.set(bytesIn('Xing\0\0\0\x01'), 4 + 17)
  new DataView(frame.buffer).setUint32(4 + 17 + 8, count)
  return frame
}

/** An ID3 tag with this many bytes of content, such as a cover image. */
export function id3(bytes: number): Uint8Array<ArrayBuffer> {
  const size = [21, 14, 7, 0].map((shift) => (bytes >> shift) & 127)
  return joined([bytesIn('ID3\x04\0\0'), Uint8Array.from(size), new Uint8Array(bytes).fill(0xff)])
}
