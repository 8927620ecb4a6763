/**
 * The number of frames that part of an MP4 declares, in the tables where a few bytes can declare any number (ISO/IEC
 * 14496-12 §8.6.1, §8.7.3, §8.7.4, §8.8.8). A reader expands these tables, so four false bytes could make it run for
 * minutes or run out of memory. The tables are found by name only: a name inside a frame's data can make a small file
 * look too large, but never the reverse. No I/O.
 */

// More than an hour at 24 frames per second. Expanded, this many take about 10 MB.
const maxFrames = 100_000

/** Throws if these bytes declare more frames than the limit. */
export function assertFrameLimit(bytes: Uint8Array): void {
  const declared = declaredFrames(bytes)
  if (declared > maxFrames) throw new Error(`the header declares ${declared} frames`)
}

/** The largest number of frames that any table in these bytes declares. */
export function declaredFrames(bytes: Uint8Array): number {
  const text = latin1.decode(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // The library expands durations (stts) only to sort them (ctts); without ctts they may be those of audio.
  const tables = text.includes('ctts') ? /stts|ctts|stsc|stz2|trun/g : /stsc|stz2|trun/g
  let max = 0
  let runsCounted = 0
  for (const { 0: name, index } of text.matchAll(tables)) {
    const { frames, runs } = tableAt(view, name, index + 4)
    max = Math.max(max, frames)
    runsCounted += runs
    // Real tables do not overlap. Overlapping ones would make this count itself take too long.
    if (runsCounted > bytes.length) return Number.POSITIVE_INFINITY
  }
  return max
}

const latin1 = new TextDecoder('latin1')

/** `start` is the position after the table's name, where its version and flags are. */
function tableAt(view: DataView, name: string, start: number): { frames: number; runs: number } {
  if (name === 'trun') return { frames: numberAt(view, start + 4), runs: 0 }
  if (name === 'stz2') return { frames: numberAt(view, start + 8), runs: 0 }
  // An stsc entry has three numbers, the second is the frames per chunk; a run has two, the first is its frames.
  const [first, stride] = name === 'stsc' ? [start + 12, 12] : [start + 8, 8]
  const runs = Math.min(numberAt(view, start + 4), Math.ceil(Math.max(0, view.byteLength - first) / stride))
  let frames = 0
  for (let run = 0; run < runs; run += 1) frames += numberAt(view, first + stride * run)
  return { frames, runs }
}

/** Zero beyond the end. */
function numberAt(view: DataView, offset: number): number {
  return offset + 4 <= view.byteLength ? view.getUint32(offset) : 0
}
