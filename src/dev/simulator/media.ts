/**
 * The bytes of an output: the test picture, a `free` box with the output's id, so that no two outputs are equal, and for a
 * requested size a large `free` box of deterministic padding. Players skip `free` boxes (ISO/IEC 14496-12 §8.1.2). The
 * padding is generated while it is read, and never held in memory as a whole.
 */

import { ConnectionLost } from './connection-lost.ts'
import type { SimulatedOutput } from './task.ts'

export interface SimulatedMedia {
  sizeBytes: number
  stream: () => ReadableStream<Uint8Array>
}

const BOX_HEADER_BYTES = 8
const CHUNK_BYTES = 64 * 1024
const BYTES_PER_MEGABYTE = 1_000_000

/** The file has exactly `megabytes` × 1 000 000 bytes. */
export function planSize(picture: Uint8Array, outputId: string, megabytes: number | undefined): number {
  const smallest = picture.length + freeBox(outputId).length
  return megabytes === undefined
    ? smallest
    : Math.max(smallest + BOX_HEADER_BYTES, megabytes * BYTES_PER_MEGABYTE)
}

export function mediaOf(output: SimulatedOutput, picture: Uint8Array): SimulatedMedia {
  const { sizeBytes } = output
  return {
    sizeBytes,
    stream: () => streamPart(output, picture, { from: 0, to: sizeBytes }),
  }
}

/** The file without its video track: the track's box becomes a `free` box, which players skip. */
export function soundOf(picture: Uint8Array): Uint8Array<ArrayBuffer> {
  const sound = new Uint8Array(picture)
  const text = new TextDecoder('latin1').decode(sound)
  const track = text.lastIndexOf('trak', text.indexOf('vmhd'))
  sound.set(new TextEncoder().encode('free'), track)
  return sound
}

export interface Part {
  from: number
  /** Exclusive. Infinity never ends. */
  to: number
  /** The offset at which the connection breaks, if it does. */
  lostAt?: number
}

export function streamPart(
  output: SimulatedOutput,
  picture: Uint8Array,
  { from, to, lostAt = Number.POSITIVE_INFINITY }: Part,
): ReadableStream<Uint8Array> {
  const head = headOf(output, picture)
  let at = from
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (at >= lostAt) return controller.error(new ConnectionLost())
        if (at >= to) return controller.close()
        const chunk = bytesAt(head, at, Math.min(to, lostAt, at + CHUNK_BYTES))
        at += chunk.length
        controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}

function headOf(output: SimulatedOutput, picture: Uint8Array): Uint8Array {
  const box = freeBox(output.outputId)
  const paddingBytes = output.sizeBytes - picture.length - box.length
  return joinBytes(paddingBytes === 0 ? [picture, box] : [picture, box, freeHeader(paddingBytes)])
}

function bytesAt(head: Uint8Array, from: number, to: number): Uint8Array {
  if (from < head.length) return head.slice(from, Math.min(to, head.length))
  const offset = (from - head.length) % padding.length
  return padding.slice(offset, Math.min(offset + to - from, padding.length))
}

function freeBox(text: string): Uint8Array {
  const content = new TextEncoder().encode(text)
  return joinBytes([freeHeader(BOX_HEADER_BYTES + content.length), content])
}

function freeHeader(sizeBytes: number): Uint8Array {
  const header = new Uint8Array(BOX_HEADER_BYTES)
  new DataView(header.buffer).setUint32(0, sizeBytes)
  header.set(new TextEncoder().encode('free'), 4)
  return header
}

function joinBytes(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Noise that does not compress and is the same in every run: the high bytes of a linear congruential generator. */
const padding = makePadding()

function makePadding(): Uint8Array {
  const bytes = new Uint8Array(CHUNK_BYTES)
  let state = 1
  for (let index = 0; index < bytes.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}
