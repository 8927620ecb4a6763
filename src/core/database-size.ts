/** The size of the database, and what follows from it. No I/O. No clock. */

/** The limit of D1 on Workers Paid. It cannot be raised: beyond it every write that needs room fails. */
export const maxDatabaseBytes = 10_000_000_000

export const nearlyFullShare = 0.7
export const fullShare = 0.9

/** One database, or all of them together. */
export interface DatabaseSize {
  bytes: number
  maxBytes: number
  /** The share of the limit that is used: 0 to 1, with four decimals. */
  share: number
  /** `full`: nothing new is accepted, so that accepted jobs can still end. With several databases: each is full. */
  state: 'ok' | 'degraded' | 'full'
}

export function databaseSizeOf(...sizes: readonly number[]): DatabaseSize {
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const maxBytes = sizes.length * maxDatabaseBytes
  const reaches = (share: number) => (size: number) => size >= share * maxDatabaseBytes
  const state = sizes.every(reaches(fullShare))
    ? 'full'
    : sizes.some(reaches(nearlyFullShare))
      ? 'degraded'
      : 'ok'
  return { bytes, maxBytes, share: Math.round((bytes / maxBytes) * 10_000) / 10_000, state }
}
