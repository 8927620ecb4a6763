/**
 * How many frames a piece of an MP4 says to hold, in the tables where saying it costs no bytes (ISO/IEC 14496-12
 * §8.6.1, §8.7.3, §8.7.4, §8.8.8). A reader that counts them all out can be made to run for minutes, or to ask for more
 * memory than there is, by four bytes that lie. Found by their names alone: a name in a frame's own data can only make
 * a modest file look immodest. No I/O.
 */

// An hour at 24 frames a second has fewer; unrolled, so many are about ten megabytes.
const mostFrames = 100_000

/** Throws where the piece claims more frames than are worth counting out. */
export function assertFrameLimit(piece: Uint8Array): void {
  const claimed = declaredFrames(piece)
  if (claimed > mostFrames) throw new Error(`the header claims ${claimed} frames`)
}

/** The largest claim of any table in the piece. */
export function declaredFrames(piece: Uint8Array): number {
  const text = latin1.decode(piece)
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
  // Lengths (stts) are only counted out to be put into an order (ctts): by themselves they may be those of sound.
  const tables = text.includes('ctts') ? /stts|ctts|stsc|stz2|trun/g : /stsc|stz2|trun/g
  let most = 0
  let runsCounted = 0
  for (const { 0: name, index } of text.matchAll(tables)) {
    const { frames, runs } = claimOf(view, name, index + 4)
    most = Math.max(most, frames)
    runsCounted += runs
    // Honest tables do not overlap: these were made to be counted without end.
    if (runsCounted > piece.length) return Number.POSITIVE_INFINITY
  }
  return most
}

const latin1 = new TextDecoder('latin1')

/** `start` is behind the table's name, where its version and flags are. */
function claimOf(view: DataView, name: string, start: number): { frames: number; runs: number } {
  if (name === 'trun') return { frames: numberAt(view, start + 4), runs: 0 }
  if (name === 'stz2') return { frames: numberAt(view, start + 8), runs: 0 }
  // Of chunks, the frames in each stand second of three numbers; of runs, those in each stand first of two.
  const [first, stride] = name === 'stsc' ? [start + 12, 12] : [start + 8, 8]
  const runs = Math.min(numberAt(view, start + 4), Math.ceil(Math.max(0, view.byteLength - first) / stride))
  let frames = 0
  for (let run = 0; run < runs; run += 1) frames += numberAt(view, first + stride * run)
  return { frames, runs }
}

/** Behind the end of the piece there is nothing. */
function numberAt(view: DataView, offset: number): number {
  return offset + 4 <= view.byteLength ? view.getUint32(offset) : 0
}
