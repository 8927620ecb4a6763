/**
 * The duration of an MP3, counted frame by frame (ISO/IEC 11172-3 §2.4.1.3, 13818-3 §2.4.2.3). No shortcut is reliable:
 * the bit rate may change after the first frame, and a frame count in a header (Xing, VBRI) may be wrong.
 */
import type { RandomAccess } from './random-access.ts'

// Larger than the largest audio upload.
const maxBytes = 16 * 1024 * 1024
const readBytes = 512 * 1024

/** Null if there is no frame, or if anything but a tag is between the frames. */
export async function mp3Seconds(file: RandomAccess): Promise<number | null> {
  if (file.bytes > maxBytes) return null
  const bytes = await readWhole(file)
  const view = new DataView(bytes.buffer)
  let seconds = 0
  for (let at = 0; at < bytes.length; ) {
    const tag = tagBytes(view, at)
    const frame = tag === null ? frameAt(view, at) : null
    const length = tag ?? frame?.bytes ?? null
    // Cut off at its end, or padded with zeros: the frames counted so far are all there are.
    if (length === null) return seconds > 0 && isPadding(bytes, at) ? seconds : null
    if (frame !== null && at + length <= bytes.length && !isFrameTable(view, at, frame)) {
      seconds += frame.seconds
    }
    at += length
  }
  return seconds > 0 ? seconds : null
}

async function readWhole(file: RandomAccess): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(file.bytes)
  for (let at = 0; at < file.bytes; at += readBytes) {
    whole.set(await file.read(at, Math.min(at + readBytes, file.bytes)), at)
  }
  return whole
}

/** The length of the tag at this position; null if there is none. */
function tagBytes(view: DataView, at: number): number | null {
  const left = view.byteLength - at
  const name = textAt(view, at, 8)
  // ID3v2 §3.1: the size has four times seven bits; a footer is optional.
  if (name.startsWith('ID3') && left >= 10) {
    const size = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + (view.getUint8(at + place) & 127), 0)
    return 10 + size + ((view.getUint8(at + 5) & 0x10) === 0 ? 0 : 10)
  }
  if (name.startsWith('TAG')) return 128
  // APEv2: the size excludes the header of 32 bytes.
  return name === 'APETAGEX' && left >= 32 ? 32 + view.getUint32(at + 12, true) : null
}

interface Frame {
  bytes: number
  seconds: number
  /** The length of the side information, which precedes the audio data. */
  sideBytes: number
}

function frameAt(view: DataView, at: number): Frame | null {
  if (at + 4 > view.byteLength) return null
  const header = view.getUint32(at)
  const version = (header >>> 19) & 3
  const isSynced = header >>> 21 === 0x7ff && version !== 1 && ((header >>> 17) & 3) === 1
  const isFirst = version === 3
  const kbits = (isFirst ? ratesOfFirst : ratesOfSecond)[(header >>> 12) & 15]
  const hertz = samplingRates[(header >>> 10) & 3]
  if (!isSynced || kbits === undefined || hertz === undefined) return null
  const samplesPerSecond = hertz / (isFirst ? 1 : version === 2 ? 2 : 4)
  const samples = isFirst ? 1_152 : 576
  const padding = (header >>> 9) & 1
  const isMono = ((header >>> 6) & 3) === 3
  const sideBytes = isFirst ? (isMono ? 17 : 32) : isMono ? 9 : 17
  return {
    bytes: Math.floor((samples / 8) * ((kbits * 1_000) / samplesPerSecond)) + padding,
    seconds: samples / samplesPerSecond,
    sideBytes,
  }
}

// Layer III, in kilobits per second. The first, "free format", does not determine the length of a frame.
const ratesOfFirst = [undefined, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const ratesOfSecond = [undefined, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const samplingRates = [44_100, 48_000, 32_000]

/** The first frame of many files contains a table of the other frames instead of audio. */
function isFrameTable(view: DataView, at: number, { sideBytes }: Frame): boolean {
  return ['Xing', 'Info'].includes(textAt(view, at + 4 + sideBytes, 4)) || textAt(view, at + 36, 4) === 'VBRI'
}

function isPadding(bytes: Uint8Array, at: number): boolean {
  return at + 4 > bytes.length || bytes.subarray(at).every((byte) => byte === 0)
}

function textAt(view: DataView, at: number, length: number): string {
  const available = Math.max(0, Math.min(length, view.byteLength - at))
  return String.fromCharCode(...new Uint8Array(view.buffer, Math.min(at, view.byteLength), available))
}
