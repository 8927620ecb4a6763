/** Milliseconds → the timestamps of the API. No I/O. No clock. */

export function isoOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString()
}
