/** A file read in pieces: many bytes at once from where it lies, a few at a time to the reader, within limits. */

/** A file that can be read from any place on. */
export interface RandomAccess {
  bytes: number
  /** Throws when it cannot be read. */
  read(from: number, to: number): Promise<Uint8Array>
}

export function randomAccessInBucket(
  bucket: R2Bucket,
  { key, bytes }: { key: string; bytes: number },
): RandomAccess {
  return {
    bytes,
    async read(from, to) {
      const object = await bucket.get(key, { range: { offset: from, length: to - from } })
      if (object === null) throw new Error('the file is no longer in the bucket')
      return new Uint8Array(await object.arrayBuffer())
    },
  }
}

export function randomAccessInMemory(content: Uint8Array): RandomAccess {
  return { bytes: content.length, read: async (from, to) => content.subarray(from, to) }
}

export interface BoundedReader {
  /** Throws past a limit. */
  read(from: number, to: number): Promise<Uint8Array>
  /** Every piece that was read, and each that will be, must pass `check`, which throws. */
  require(check: (piece: Uint8Array) => void): void
}

// The last ends a reader that goes in a circle: mediabunny does, in a WebM with a few bytes too many at its end.
const most = { bytes: 4 * 1024 * 1024, pieces: 32, reads: 2_000 }
// One read brings the whole header of a file that begins with it.
const leastPieceBytes = 64 * 1024

interface Piece {
  from: number
  to: number
  content: Uint8Array
}

export function boundedReaderOf(file: RandomAccess): BoundedReader {
  const pieces: Piece[] = []
  const checks: ((piece: Uint8Array) => void)[] = []
  let bytesLeft = most.bytes
  let piecesLeft = most.pieces
  let readsLeft = most.reads

  const readPiece = async (from: number, to: number): Promise<Piece> => {
    bytesLeft -= to - from
    piecesLeft -= 1
    if (bytesLeft < 0) throw new Error(`the header has more than ${most.bytes} bytes`)
    if (piecesLeft < 0) throw new Error(`the header lies in more than ${most.pieces} places`)
    const content = await file.read(from, to)
    for (const check of checks) check(content)
    pieces.push({ from, to, content })
    return { from, to, content }
  }

  return {
    async read(from, to) {
      readsLeft -= 1
      if (readsLeft < 0) throw new Error(`the header takes more than ${most.reads} reads`)
      const known = pieces.find((piece) => piece.from <= from && to <= piece.to)
      const piece =
        known ?? (await readPiece(from, Math.max(to, Math.min(from + leastPieceBytes, file.bytes))))
      return piece.content.subarray(from - piece.from, to - piece.from)
    },
    require(check) {
      checks.push(check)
      for (const { content } of pieces) check(content)
    },
  }
}
