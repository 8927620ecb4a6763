/** The size of the database, and what follows from it. No I/O. No clock. */

/** The limit of D1 on Workers Paid. It cannot be raised: beyond it every write that needs room fails. */
export const maxDatabaseBytes = 10_000_000_000

const degradedShare = 0.7
const fullShare = 0.9

export interface DatabaseSize {
  bytes: number
  maxBytes: number
  /** The share of the limit that is used: 0 to 1, with four decimals. */
  share: number
  /** `full`: nothing new is accepted, so that accepted jobs can still end. */
  state: 'ok' | 'degraded' | 'full'
}

export function databaseSizeOf(bytes: number): DatabaseSize {
  const share = bytes / maxDatabaseBytes
  const state = share >= fullShare ? 'full' : share >= degradedShare ? 'degraded' : 'ok'
  return { bytes, maxBytes: maxDatabaseBytes, share: Math.round(share * 10_000) / 10_000, state }
}
