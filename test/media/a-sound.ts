/** Sounds made to measure: silence, as long as is wanted. */
import { bytesIn, joined } from '../support/assets.ts'

const samplesPerSecond = 8_000

/** PCM of one byte a sample; lasts as long as its samples do, to the eighth of a millisecond. */
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
