/** A file that can be read at any position, and a reader of it with limits. */

export interface RandomAccess {
  bytes: number
  /** Throws if the range cannot be read. `to` is exclusive. */
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
  /** Throws beyond a limit. */
  read(from: number, to: number): Promise<Uint8Array>
  /** Applies `check`, which may throw, to all bytes read so far and to all read later. */
  require(check: (bytes: Uint8Array) => void): void
}

// The limit on reads ends an endless loop: mediabunny has one for a WebM with a few excess bytes at its end.
const limits = { bytes: 4 * 1024 * 1024, fetches: 32, reads: 2_000 }
// One fetch brings the whole header of a file that begins with it.
const minFetchBytes = 64 * 1024

interface Fetched {
  from: number
  to: number
  content: Uint8Array
}

/** Serves many small reads from few fetches of the file. */
export function boundedReaderOf(file: RandomAccess): BoundedReader {
  const fetched: Fetched[] = []
  const checks: ((bytes: Uint8Array) => void)[] = []
  let bytesLeft = limits.bytes
  let fetchesLeft = limits.fetches
  let readsLeft = limits.reads

  const fetchRange = async (from: number, to: number): Promise<Fetched> => {
    bytesLeft -= to - from
    fetchesLeft -= 1
    if (bytesLeft < 0) throw new Error(`the header has more than ${limits.bytes} bytes`)
    if (fetchesLeft < 0) throw new Error(`the header is spread over more than ${limits.fetches} places`)
    const content = await file.read(from, to)
    for (const check of checks) check(content)
    fetched.push({ from, to, content })
    return { from, to, content }
  }

  return {
    async read(from, to) {
      readsLeft -= 1
      if (readsLeft < 0) throw new Error(`the header takes more than ${limits.reads} reads`)
      const cached = fetched.find((range) => range.from <= from && to <= range.to)
      const end = Math.max(to, Math.min(from + minFetchBytes, file.bytes))
      const range = cached ?? (await fetchRange(from, end))
      return range.content.subarray(from - range.from, to - range.from)
    },
    require(check) {
      checks.push(check)
      for (const { content } of fetched) check(content)
    },
  }
}
