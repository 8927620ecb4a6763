/**
 * SHA-256 of a stream (FIPS 180-4). Web Crypto hashes only what is in memory as a whole. Workers have a stream that hashes, at
 * no cost of CPU time; elsewhere it is done here, which is faster than a network.
 */

export interface Hash {
  update(bytes: Uint8Array): Promise<void>
  /** In lowercase hex. */
  digest(): Promise<string>
}

declare const crypto: Crypto & {
  DigestStream?: new (
    algorithm: 'SHA-256',
  ) => { getWriter(): WritableStreamDefaultWriter<Uint8Array>; digest: Promise<ArrayBuffer> }
}

export function createSha256(): Hash {
  const { DigestStream } = crypto
  if (DigestStream === undefined) return hashInScript()
  const stream = new DigestStream('SHA-256')
  const writer = stream.getWriter()
  return {
    update: (bytes) => writer.write(bytes),
    async digest() {
      await writer.close()
      return hexOf(new Uint8Array(await stream.digest))
    },
  }
}

const blockBytes = 64

export function hashInScript(): Hash {
  const state = new DataView(new ArrayBuffer(32))
  for (const [n, word] of initialState.entries()) state.setInt32(n * 4, word)
  const rest = new Uint8Array(blockBytes)
  const restView = new DataView(rest.buffer)
  let restLength = 0
  let length = 0

  const take = (bytes: Uint8Array) => {
    let position = 0
    if (restLength > 0) {
      position = Math.min(blockBytes - restLength, bytes.length)
      rest.set(bytes.subarray(0, position), restLength)
      restLength += position
      if (restLength < blockBytes) return
      compress(state, restView, 0)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (; position + blockBytes <= bytes.length; position += blockBytes) compress(state, view, position)
    rest.set(bytes.subarray(position))
    restLength = bytes.length - position
  }

  return {
    async update(bytes) {
      length += bytes.length
      take(bytes)
    },
    async digest() {
      const zeros = (2 * blockBytes - 9 - restLength) % blockBytes
      const padding = new Uint8Array(1 + zeros + 8)
      padding[0] = 0x80
      new DataView(padding.buffer).setBigUint64(1 + zeros, BigInt(length) * 8n)
      take(padding)
      return hexOf(new Uint8Array(state.buffer))
    },
  }
}

/** A DataView reads as fast as an array, and never undefined. */
const words = new DataView(new ArrayBuffer(64 * 4))

function compress(state: DataView, block: DataView, offset: number): void {
  for (let at = 0; at < 64; at += 4) words.setInt32(at, block.getInt32(offset + at))
  for (let at = 64; at < 256; at += 4) {
    const w15 = words.getInt32(at - 60)
    const w2 = words.getInt32(at - 8)
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3)
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10)
    words.setInt32(at, words.getInt32(at - 64) + s0 + words.getInt32(at - 28) + s1)
  }
  let a = state.getInt32(0)
  let b = state.getInt32(4)
  let c = state.getInt32(8)
  let d = state.getInt32(12)
  let e = state.getInt32(16)
  let f = state.getInt32(20)
  let g = state.getInt32(24)
  let h = state.getInt32(28)
  for (let at = 0; at < 256; at += 4) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const one = (h + s1 + ((e & f) ^ (~e & g)) + constants.getInt32(at) + words.getInt32(at)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  state.setInt32(0, state.getInt32(0) + a)
  state.setInt32(4, state.getInt32(4) + b)
  state.setInt32(8, state.getInt32(8) + c)
  state.setInt32(12, state.getInt32(12) + d)
  state.setInt32(16, state.getInt32(16) + e)
  state.setInt32(20, state.getInt32(20) + f)
  state.setInt32(24, state.getInt32(24) + g)
  state.setInt32(28, state.getInt32(28) + h)
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const primes = Array.from({ length: 312 }, (_, n) => n).filter(isPrime)

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
const initialState = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))

/** The same of the cube roots of the first 64 primes. */
const constants = new DataView(new ArrayBuffer(64 * 4))
for (const [n, prime] of primes.entries()) constants.setInt32(n * 4, fraction(Math.cbrt(prime)))

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor < n; divisor += 1) if (n % divisor === 0) return false
  return n > 1
}

function fraction(root: number): number {
  return Math.trunc((root % 1) * 2 ** 32)
}
